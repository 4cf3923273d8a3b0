/** What tells conversations apart, and what does not: two requests that meet here may go on with each other's session. */
import { describe, expect, it } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import { callsDigest } from '../../src/core/history-digest.js';
import type { AssistantMessage, Message, Part, ToolCall, TurnRequest } from '../../src/core/request.js';
import {
  findNews,
  keysOf,
  keyWithAnswer,
  learnDigests,
  type Origin,
  prefixDigests,
} from '../../src/thrum/sessions/history-digest.js';
import { asking, TOOL } from './open-turns.js';

const text = (...texts: readonly string[]): Part[] => texts.map((part) => ({ type: 'text', text: part }));
const user = (content: readonly Part[]): Message => ({ role: 'user', content: [...content] });
const answer = (content: readonly Part[], ...toolCalls: readonly ToolCall[]): AssistantMessage => ({
  role: 'assistant',
  content: [...content],
  toolCalls: [...toolCalls],
});
const result = (said: string, toolCallId?: string): Message => ({
  role: 'tool',
  content: text(said),
  ...(toolCallId !== undefined && { toolCallId }),
});
const call = (input: string, name = 'f', id = 'x'): ToolCall => ({ id, name, input });
const image = (mediaType: string, data: string): Part => ({ type: 'image', mediaType, data });
const linked = (mediaType: string, url: string): Part => ({ type: 'image', mediaType, url });

const origin: Origin = { keyId: 'k', modelId: 'm', system: 's' };
const ofAll = (messages: readonly Message[], at: Origin = origin) => prefixDigests(at, messages).at(-1);

describe('the digest of a conversation', () => {
  const different: readonly (readonly Message[])[] = [
    [],
    [user(text('a'))],
    [user(text('b'))],
    [{ role: 'system', content: text('a') }],
    [result('a')],
    [answer(text('a'))],
    [user(text('a')), user(text('a'))],
    [user(text('b')), user(text('a'))],
    [user(text('a')), user(text('b'))],
    [user(text('a')), answer(text('b'))],
    [user(text('b')), answer(text('b'))],
    [user(text('a')), result('')],
    [user(text('a')), result(''), result('')],
    [user([image('image/png', 'AA')])],
    [user([image('image/png', 'BB')])],
    [user([image('image/gif', 'AA')])],
    [user([linked('image/png', 'http://a')])],
    [user([linked('image/png', 'http://b')])],
    [user([...text('a'), image('image/png', 'AA')])],
    [answer([...text('a'), image('image/png', 'AA')])],
    [answer([...text('a'), image('image/png', 'BB')])],
    [answer([], call('{"a":1}'))],
    [answer([], call('{"a":2}'))],
    [answer([], call('{"a":1}', 'g'))],
    [answer([], call('{"a":1}'), call('{"a":1}'))],
    [answer(text('a'), call('{"a":1}'))],
    [user(text('a')), answer([], call('{"a":1}'))],
    [answer([], call('no'))],
    [answer([], call('JSON'))],
  ];

  it('differs with every role, text, image, call and result, and with what stands before', () => {
    const digests = different.map((messages) => ofAll(messages));
    const twins = different.filter((_, index) => digests.indexOf(digests[index]) !== index);
    expect(twins).toEqual([]);
  });

  it('differs by key, model and system text, in every prefix', () => {
    const variants = [
      origin,
      { ...origin, keyId: 'x' },
      { ...origin, keyId: undefined },
      { ...origin, modelId: 'x' },
      { ...origin, system: 'x' },
      { ...origin, system: undefined },
    ];
    const digests = variants.flatMap((at) => prefixDigests(at, [user(text('a')), answer(text('b'))]));
    expect(new Set(digests).size).toBe(variants.length * 3);
  });

  it.each<[string, readonly Message[], readonly Message[]]>([
    ['the ids of calls', [answer([], call('{}', 'f', 'x'))], [answer([], call('{}', 'f', 'y'))]],
    ['the ids of results', [result('a', 'x')], [result('a')]],
    [
      'the order and spaces of arguments',
      [answer([], call('{"a":1,"b":[{"c":1,"d":2}]}'))],
      [answer([], call('{ "b": [{"d":2,"c":1}], "a": 1 }'))],
    ],
    ['arguments that are not there', [answer([], call(''))], [answer([], call('{}'))]],
    ['empty parts', [user(text('', 'a'))], [user(text('a'))]],
    ['empty messages', [user(text('a')), user([]), answer([])], [user(text('a'))]],
    ['white space at the ends of an answer', [answer(text(' a\n'))], [answer(text('a'))]],
    ['the parts of an answer', [answer(text('a', 'b'))], [answer(text('a\n\nb'))]],
    [
      'the messages of an answer',
      [user(text('q')), answer(text('a')), answer([image('image/png', 'AA')], call('{}')), answer(text('b'))],
      [user(text('q')), answer([...text('a\n\nb'), image('image/png', 'AA')], call('{}'))],
    ],
  ])('does not care for %s', (_, one, other) => {
    expect(ofAll(one)).toBe(ofAll(other));
  });

  it('is that of its calls together with what stands before them', () => {
    const digests = [
      callsDigest('p', [call('{}')]),
      callsDigest('q', [call('{}')]),
      callsDigest('p', [call('{"a":1}')]),
      callsDigest('p', [call('{}', 'g')]),
      callsDigest('p', []),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is the same where it is made in a thread, because it is large', async () => {
    const large = 'word '.repeat(300_000);
    const messages = [user(text(large)), answer(text('a'))];
    const at = { ...origin, system: large };
    const other = { ...origin, system: `${large} more` };
    await learnDigests(at, messages, new TurnAbort());
    await learnDigests(other, messages, new TurnAbort());
    expect(ofAll(messages, at)).toBe(ofAll([user(text(large)), answer(text('a'))], { ...at }));
    expect(ofAll(messages, other)).not.toBe(ofAll(messages, at));
  });

  it('reads nothing large on the event loop once a thread has made it', async () => {
    const large = 'word '.repeat(300_000);
    let reads = 0;
    const counted = {
      ...text('')[0],
      type: 'text' as const,
      get text() {
        reads++;
        return large;
      },
    };
    const at = {
      ...origin,
      get system() {
        reads++;
        return large;
      },
    };
    const messages = [user([counted])];
    await learnDigests(at, messages, new TurnAbort());
    reads = 0;
    ofAll(messages, at);
    expect(reads).toBe(0);
  });
});

describe('the key of a session', () => {
  const request = asking('one', { caller: { surface: 'ollama', keyId: 'k', requestId: 'r' } });
  const goingOn = (messages: readonly Message[], fields: Partial<TurnRequest> = {}): TurnRequest => ({
    ...request,
    ...fields,
    messages,
  });
  const said = [user(text('one')), answer(text('first'))];
  const next = user(text('two'));

  it('of an answer is that of the request which goes on behind it, in whatever way the answer comes back', () => {
    const kept = keyWithAnswer(request, origin, 'first\n\nsecond');
    for (const answers of [
      [answer(text('first\n\nsecond'))],
      [answer(text('first', 'second'))],
      [answer(text('first')), answer(text('second'))],
    ])
      expect(findNews(goingOn([user(text('one')), ...answers, next]), origin)).toEqual({
        key: kept,
        news: [next],
      });
  });

  it('of an answer behind an answer is that of both', () => {
    const prefilled = goingOn([user(text('one')), answer(text('fir'))]);
    const kept = keyWithAnswer(prefilled, origin, 'st');
    expect(kept).toEqual(
      findNews(goingOn([user(text('one')), answer(text('fir', 'st')), next]), origin)?.key,
    );
  });

  it('is none before the first answer, and none where nothing came behind the last one', () => {
    expect(findNews(request, origin)).toBeUndefined();
    expect(findNews(goingOn(said), origin)).toBeUndefined();
  });

  it('differs by all that its worker was started with, and by who may go on with it', () => {
    const variants: readonly Partial<TurnRequest>[] = [
      {},
      { sessionHint: 'n' },
      { sessionHint: 'o' },
      { sessionScope: 'n' },
      { sessionScope: 'o' },
      { tools: [TOOL] },
      { tools: [{ ...TOOL, description: 'other' }] },
      { rights: { workerTools: 'mesh' } },
      { rights: { workerTools: 'all' } },
      { rights: { workerTools: 'none', cwd: '/a' } },
      { rights: { workerTools: 'all', cwd: '/a' } },
      { rights: { workerTools: 'all', cwd: '/b' } },
      { tools: [TOOL], rights: { workerTools: 'mesh' } },
    ];
    const keys = variants.map((fields) => findNews(goingOn([...said, next], fields), origin)?.key);
    expect(new Set(keys.map((key) => key?.digest)).size).toBe(variants.length);
    // What its worker may do is no part of what was said.
    expect(new Set(keys.map((key) => key?.history)).size).toBe(5);
    for (const at of [
      { ...origin, keyId: 'x' },
      { ...origin, modelId: 'x' },
      { ...origin, system: 'x' },
    ])
      expect(findNews(goingOn([...said, next]), at)?.key.history).not.toBe(keys[0]?.history);
    expect(findNews(goingOn([...said, next, answer(text('a')), next]), origin)?.key.history).not.toBe(
      keys[0]?.history,
    );
  });

  it('is also that under the name which its own turn gives to the conversation', () => {
    const kept = keyWithAnswer({ ...request, nextSessionHint: 'n' }, origin, 'first');
    const named = findNews(goingOn([...said, next], { sessionHint: 'n' }), origin)?.key;
    const unnamed = findNews(goingOn([...said, next]), origin)?.key;
    expect(keysOf(kept)).toEqual([unnamed, named]);
    expect(
      keysOf(keyWithAnswer({ ...request, sessionHint: 'n', nextSessionHint: 'n' }, origin, 'first')),
    ).toEqual([named]);
  });
});
