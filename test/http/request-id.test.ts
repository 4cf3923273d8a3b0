import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { requestIdOf } from '../../src/http/request-id.js';

describe("the request's id", () => {
  it.each<[IncomingHttpHeaders, string]>([
    [{ 'x-request-id': 'mine' }, 'mine'],
    [{ 'x-client-request-id': 'A.b_c:d-1' }, 'A.b_c:d-1'],
    [{ 'x-request-id': 'mine', 'x-client-request-id': 'other' }, 'mine'],
    [{ 'x-request-id': 'not sane', 'x-client-request-id': 'other' }, 'other'],
    [{ 'x-request-id': 'x'.repeat(128) }, 'x'.repeat(128)],
  ])("is the client's own: %j", (headers, id) => {
    expect(requestIdOf(headers)).toBe(id);
  });

  it.each(['', ' ', 'a b', 'a,b', 'a\nb', 'é', '{"a":1}', '<b>', 'x'.repeat(129)])('is not %j', (text) => {
    const id = requestIdOf({ 'x-request-id': text });
    expect(id).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('is a new one each time', () => {
    expect(requestIdOf({})).not.toBe(requestIdOf({}));
  });
});
