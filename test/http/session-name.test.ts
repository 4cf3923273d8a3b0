/** The names that clients send of their conversations by themselves, as their own code spells them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NamingFields, nameSession } from '../../src/http/session-name.js';

const UUID = 'c31ac7cf-56a7-4c0a-b363-2b726377687d';
const DEVICE = 'a'.repeat(64);
const asJson = (session_id: unknown) => JSON.stringify({ device_id: DEVICE, account_uuid: '', session_id });

const nameIn = (headers: Readonly<Record<string, string>>, body?: NamingFields, last?: string) =>
  nameSession(headers, body, last);
const nameOf = (headers: Readonly<Record<string, string>>, body?: NamingFields, last?: string) =>
  nameIn(headers, body, last).sessionHint;
const scopeOf = (headers: Readonly<Record<string, string>>, body?: NamingFields) =>
  nameIn(headers, body).sessionScope;

describe('the name of a conversation', () => {
  it.each([
    ['x-hum-session'],
    ['x-claude-code-session-id'],
    ['x-opencode-session'],
    ['x-session-affinity'],
    ['x-session-id'],
    ['thread-id'],
    ['thread_id'],
    ['session-id'],
    ['session_id'],
    ['x-openwebui-chat-id'],
    ['x-litellm-session-id'],
    ['x-hermes-session-id'],
  ])('is that of the header %s', (header) => {
    expect(nameIn({ [header]: UUID })).toEqual({ sessionHint: UUID });
  });

  it.each<[string, NamingFields]>([
    ['metadata.session_id', { metadata: { session_id: UUID } }],
    ['metadata.user_id of Claude Code', { metadata: { user_id: `user_${DEVICE}_account__session_${UUID}` } }],
    ['metadata.user_id of a newer one', { metadata: { user_id: asJson(UUID) } }],
    ['user, where a proxy has put Claude Code’s there', { user: `user_${DEVICE}_account_x_session_${UUID}` }],
    ['prompt_cache_key', { prompt_cache_key: UUID }],
  ])('is that of %s', (_, body) => {
    expect(nameIn({}, body)).toEqual({ sessionHint: UUID });
  });

  it('is that of the first in the order of the table; a header goes before the body, and a chain of responses behind all', () => {
    const headers = { 'x-hum-session': 'a', 'x-session-id': 'b', session_id: 'c' };
    const body = { metadata: { session_id: 'd', user_id: asJson('e') }, prompt_cache_key: 'f' };
    expect(nameOf(headers, body, 'g')).toBe('a');
    expect(nameOf({ 'x-session-id': 'b', session_id: 'c' }, body, 'g')).toBe('b');
    expect(nameOf({}, body, 'g')).toBe('d');
    expect(nameOf({}, { ...body, metadata: { user_id: asJson('e') } }, 'g')).toBe('e');
    expect(nameOf({}, { prompt_cache_key: 'f' }, 'g')).toBe('f');
    expect(nameOf({}, {}, 'g')).toBe('g');
  });

  it('is one of its own for each agent of a session of Claude Code, and for each thread of one of Codex', () => {
    const session = { 'x-claude-code-session-id': UUID };
    expect(nameOf({ ...session, 'x-claude-code-agent-id': 'a1' })).toBe(`${UUID} a1`);
    expect(nameOf({ 'session-id': UUID, 'thread-id': 't1' })).toBe('t1');
  });

  it.each([[''], ['x'.repeat(257)], ['a\tb'], ['a\u0085b']])('is not %j', (value) => {
    expect(nameOf({ 'x-hum-session': value }, { prompt_cache_key: value }, value)).toBeUndefined();
    expect(nameOf({ 'x-hum-session': value, 'x-session-id': 'next' })).toBe('next');
  });

  it('may be 256 characters long', () => {
    expect(nameOf({ 'x-hum-session': 'x'.repeat(256) })).toHaveLength(256);
  });

  it.each<[NamingFields]>([
    [{ metadata: null }],
    [{ metadata: [UUID] }],
    [{ metadata: { session_id: 7, user_id: { session_id: UUID } } }],
    [{ metadata: { user_id: '' } }],
  ])('is none in %j', (body) => {
    expect(nameIn({}, body)).toEqual({});
  });
});

describe('the scope of a conversation', () => {
  it.each<[string, Readonly<Record<string, string>>, NamingFields]>([
    ['X-OpenWebUI-User-Id', { 'x-openwebui-user-id': 'ann' }, {}],
    ['x-litellm-end-user-id', { 'x-litellm-end-user-id': 'ann' }, {}],
    ['x-litellm-customer-id', { 'x-litellm-customer-id': 'ann' }, {}],
    ['user', {}, { user: 'ann' }],
    ['safety_identifier', {}, { safety_identifier: 'ann' }],
    ['metadata.user_id', {}, { metadata: { user_id: 'ann' } }],
  ])('is told apart by %s, which names no conversation', (_, headers, body) => {
    const { sessionHint, sessionScope } = nameIn(headers, body);
    expect(sessionHint).toBeUndefined();
    expect(sessionScope).toMatch(/^[\w-]{43}$/);
    expect(scopeOf(headers, { ...body, metadata: { user_id: 'x', session_id: 's' } })).not.toBe(sessionScope);
  });

  it('is the same for the same people, and another for any other, whatever they are called', () => {
    const people = fc.record({ user: fc.string(), safety_identifier: fc.string() });
    fc.assert(
      fc.property(people, people, (one, other) => {
        const isSame = one.user === other.user && one.safety_identifier === other.safety_identifier;
        expect(scopeOf({}, one) === scopeOf({}, other)).toBe(isSame);
      }),
    );
  });
});
