/** Hono's own routers would take every path apart, as soon as one fixed path stands beside one with a parameter. */
import { TrieRouter } from 'hono/router/trie-router';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FixedPathsFirst } from '../../src/http/find-path.js';

describe('the router', () => {
  const router = new FixedPathsFirst<string>();
  router.add('ALL', '/v1/responses/:id', 'by id');
  router.add('ALL', '/v1/responses/compact', 'compact');
  router.add('ALL', '/v1/responses/compact', 'never');
  router.add('GET', '/healthz', 'health');

  it.each([
    ['POST', '/v1/responses/compact', ['compact']],
    ['POST', '/v1/responses/resp_1', ['by id']],
    ['GET', '/healthz', ['health']],
    ['POST', '/healthz', []],
    ['GET', '/v1/responses', []],
  ])('gives %s %s its route', (method, path, expected) => {
    const [matches] = router.match(method, path);
    expect(matches.map(([handler]) => handler)).toEqual(expected);
  });

  it('takes no fixed path apart', () => {
    const match = vi.spyOn(TrieRouter.prototype, 'match');
    onTestFinished(() => match.mockRestore());
    router.match('POST', '/v1/responses/compact');
    expect(match).not.toHaveBeenCalled();
    router.match('POST', '/v1/responses/resp_1');
    expect(match).toHaveBeenCalledTimes(1);
  });
});
