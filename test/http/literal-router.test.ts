import { TrieRouter } from 'hono/router/trie-router';
import { describe, expect, it } from 'vitest';
import { LiteralRouter } from '../../src/http/literal-router.js';

const ROUTES = ['/*', '/v1/models', '/v1/models/:id{.+}', '/v1/responses/compact', '/v1/responses/:id', '/'];
const PATHS = [
  ...['/', '/v1/models', '/v1/models/a/b', '/v1/responses/compact', '/v1/responses/resp_1'],
  ...['/v1', '/nowhere', '/v1/models/:id{.+}', '/*'],
];
const METHODS = ['GET', 'POST', 'BREW'];

describe('the router', () => {
  it('finds what the trie finds, at every time of asking', () => {
    const [ours, trie] = [new LiteralRouter<string>(), new TrieRouter<string>()];
    for (const router of [ours, trie]) for (const route of ROUTES) router.add('ALL', route, route);
    for (let time = 0; time < 3; time++) {
      for (const method of METHODS)
        for (const path of PATHS)
          expect(ours.match(method, path), `${method} ${path}`).toEqual(trie.match(method, path));
    }
  });

  it('finds a route that comes late', () => {
    const router = new LiteralRouter<string>();
    router.add('ALL', '/a', 'early');
    router.match('GET', '/a');
    router.add('ALL', '/a', 'late');
    expect(router.match('GET', '/a')[0].map(([handler]) => handler)).toEqual(['early', 'late']);
  });
});
