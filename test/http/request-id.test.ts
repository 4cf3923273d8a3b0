import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { nameRequest } from '../../src/http/guards/admit-request.js';

describe("the request's id", () => {
  it.each<[IncomingHttpHeaders, string]>([
    [{ 'x-request-id': 'mine' }, 'mine'],
    [{ 'x-client-request-id': 'A.b_c:d-1' }, 'A.b_c:d-1'],
    [{ 'x-request-id': 'mine', 'x-client-request-id': 'other' }, 'mine'],
    [{ 'x-request-id': 'not sane', 'x-client-request-id': 'other' }, 'other'],
    [{ 'x-request-id': 'x'.repeat(128) }, 'x'.repeat(128)],
  ])("is the client's own: %j", (headers, id) => {
    const logId = expect.stringMatching(/^req_[0-9a-f-]{36}$/);
    expect(nameRequest(headers)).toEqual({ requestId: id, logId, uuid: undefined });
  });

  it.each(['', ' ', 'a b', 'a,b', 'a\nb', 'é', '{"a":1}', '<b>', 'x'.repeat(129)])('is not %j', (text) => {
    const { requestId, uuid } = nameRequest({ 'x-request-id': text });
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(requestId).toBe(`req_${uuid}`);
  });

  it('is a new one each time', () => {
    expect(nameRequest({}).requestId).not.toBe(nameRequest({}).requestId);
  });
});
