import type { IncomingHttpHeaders } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ApiKeys, presentedKeys } from '../../src/http/guards/api-key-guard.js';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the keys that a request presents', () => {
  it.each<[IncomingHttpHeaders, readonly string[]]>([
    [{}, []],
    [{ authorization: 'Bearer k' }, ['k']],
    [{ authorization: 'bEARER   k  ' }, ['k']],
    [{ authorization: 'Bearer ' }, []],
    [{ authorization: 'Bearer a b' }, []],
    [{ authorization: 'k' }, []],
    [{ authorization: 'Digest k' }, []],
    [{ authorization: basic('user:p:w') }, ['p:w', 'user']],
    [{ authorization: basic('k:') }, ['k']],
    [{ authorization: basic(':k') }, ['k']],
    [{ authorization: basic('k') }, ['k']],
    [{ authorization: 'Basic ' }, []],
    [{ 'x-api-key': 'k' }, ['k']],
    [{ 'api-key': 'k' }, ['k']],
    [{ 'api-key': '', 'x-api-key': '' }, []],
    [{ authorization: 'Bearer placeholder', 'x-api-key': 'k' }, ['placeholder', 'k']],
  ])('%j', (headers, keys) => {
    expect(presentedKeys(headers)).toEqual(keys);
  });
});

describe('the guard', () => {
  // printf a | sha256sum
  const idOfA = 'ca978112';

  it('lets nobody in if it has no key: where none is asked for there is no guard', () => {
    expect(() => new ApiKeys([]).check('POST', '/api/chat', {})).toThrow("didn't provide");
    expect(() => new ApiKeys([]).check('POST', '/api/chat', { authorization: 'Bearer a' })).toThrow(
      'incorrect API key',
    );
  });

  it.each<IncomingHttpHeaders>([
    { authorization: 'Bearer a' },
    { authorization: basic('somebody:a') },
    { authorization: basic('a:x') },
    { authorization: 'Bearer ollama', 'x-api-key': 'a' },
  ])('tells the key by its id: %j', (headers) => {
    expect(new ApiKeys([{ key: 'other' }, { key: 'a' }]).check('POST', '/api/chat', headers)?.id).toBe(idOfA);
  });

  it.each([
    [[{ key: 'a' }, { key: 'b' }], true],
    [[{ key: 'a' }, { key: 'b', operator: false }], true],
    [[{ key: 'a' }, { key: 'b', operator: true }], false],
    [[{ key: 'a', operator: true }, { key: 'b' }], true],
    [[{ key: 'a', operator: false }, { key: 'b' }], false],
    [[{ key: 'a', operator: false }], false],
  ])('tells of %j whether the first is an operator’s: %s', (keys, isOperator) => {
    expect(new ApiKeys(keys).check('GET', '/metrics', { 'x-api-key': 'a' })).toMatchObject({ isOperator });
  });

  it('tells the rights of a key, not those of another', () => {
    const keys = new ApiKeys([{ key: 'a', workerTools: 'all', cwd: '/srv' }, { key: 'b' }]);
    const rightsOf = (key: string) => keys.check('GET', '/metrics', { 'x-api-key': key })?.rights;
    expect(rightsOf('a')).toEqual({ workerTools: 'all', cwd: '/srv' });
    expect(rightsOf('b')).toEqual({});
  });

  it.each(['', 'A', 'a,', 'a b', 'undefined', 'other,a', 'othera'])('does not take %j', (key) => {
    const ask = () => new ApiKeys([{ key: 'other' }, { key: 'a' }]).check('POST', '/', { 'x-api-key': key });
    expect(ask).toThrow('API key');
  });

  it.each([
    ['GET', '/', true],
    ['HEAD', '/', true],
    ['POST', '/', false],
    ['GET', '/healthz', true],
    ['GET', '/readyz', true],
    ['GET', '/healthz/x', false],
    ['GET', '/api/tags', false],
    ['GET', '/nowhere', false],
    ['OPTIONS', '/api/chat', true],
  ])('%s %s is open: %s', (method, path, isOpen) => {
    const ask = () => new ApiKeys([{ key: 'a' }]).check(method, path, {});
    if (isOpen) expect(ask()).toBeUndefined();
    else expect(ask).toThrow("you didn't provide an API key");
  });

  it('keeps no key', () => {
    const keys = new ApiKeys([{ key: 'a-very-secret-key' }]);
    expect(inspect(keys, { depth: 10, showHidden: true })).not.toContain('a-very-secret-key');
  });
});
