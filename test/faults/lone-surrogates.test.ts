/** Halves of surrogate pairs in what workers send: clients get U+FFFD in their place, and whole pairs as they are. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { withoutLoneSurrogates } from '../../src/core/well-formed-json.js';
import { eventually } from '../eventually.js';
import { chat, script, startWorld } from '../front-door/world.js';

const PATHS = [
  ['/api/chat', { stream: false }],
  ['/api/chat', { stream: true }],
  ['/v1/chat/completions', { stream: false }],
  ['/v1/chat/completions', { stream: true }],
  ['/v1/responses', { stream: true }],
  ['/v1/messages', { stream: false, max_tokens: 9 }],
  ['/v1/messages', { stream: true, max_tokens: 9 }],
] as const;

const TOOL = { name: 'look', parameters: { type: 'object' } };
const toolsFor = (path: string) =>
  path === '/v1/messages'
    ? [{ name: 'look', input_schema: { type: 'object' } }]
    : path === '/v1/responses'
      ? [{ type: 'function', ...TOOL }]
      : [{ type: 'function', function: TOOL }];

describe('a worker’s lone surrogates', () => {
  it('do not reach clients: in text, reasoning, arguments of calls, nor errors, on any surface', async () => {
    const world = await startWorld();
    for (const [path, fields] of PATHS) {
      const before = world.sentOf('prompt').length;
      const content = script({ hang: true });
      const body = {
        ...chat(content, { ...fields, tools: toolsFor(path) }),
        ...(path === '/v1/responses' ? { input: content } : {}),
      };
      const answering = world.post(path, body).then((response) => response.text());
      await eventually(() => expect(world.sentOf('prompt')).toHaveLength(before + 1));
      const sid = world.sentOf('prompt').at(-1)?.sid;
      // The daemon's own way would drop them, as humd does; another one may not.
      const send = (tone: object) => world.daemon().sendRaw(`${JSON.stringify({ sid, ...tone })}\n`);
      send({ chi: 'chunk', chunkType: 'reasoning_delta', delta: 'r\ud800r' });
      send({ chi: 'chunk', chunkType: 'text_delta', delta: 'a\udc00b\ud83d\ude00' });
      world
        .daemon()
        .sendRaw(
          `{"chi":"chunk","sid":"${sid}","chunkType":"text_delta","delta":"\\uD83D\\uDE00\\uD83D \\\\ud800"}\n`,
        );
      send({ chi: 'tool-call', callId: 'c', name: 'look', toolName: 'look', args: { 'k\ud800': 'v\udfff' } });
      send({ chi: 'finish', finishReason: 'stop' });
      const text = await answering;
      const shown = `${path} ${JSON.stringify(fields)}: ${text}`;
      expect(text.replaceAll('\\\\', ''), shown).not.toMatch(/\\ud[89a-f]/i);
      expect(text, shown).toContain('a\ufffdb😀');
      expect(text, shown).toContain('😀\ufffd');
      expect(text, shown).toContain('k\ufffd');
    }
    const failing = world.post('/api/chat', chat(script({ hang: true }), { stream: false }));
    await eventually(() => expect(world.sentOf('prompt')).toHaveLength(PATHS.length + 1));
    const sid = world.sentOf('prompt').at(-1)?.sid;
    world.daemon().sendRaw(`${JSON.stringify({ chi: 'error', sid, message: 'it \ud800 broke' })}\n`);
    expect(await (await failing).text()).toContain('it \ufffd broke');
  });
});

describe('JSON text without lone surrogates', () => {
  it.each([
    ['"\\ud800"', '\ufffd'],
    ['"\\uD83D\\uDE00"', '😀'],
    ['"\\ude00\\ud83d"', '\ufffd\ufffd'],
    ['"\\ud83d\\ud83d\\ude00"', '\ufffd😀'],
    ['"\\\\ud800"', '\\ud800'],
    ['"\\\\\\ud800"', '\\\ufffd'],
    ['"\\u00e9"', 'é'],
  ])('%s', (json, text) => {
    expect(JSON.parse(withoutLoneSurrogates(json))).toBe(text);
  });

  it('says what it said, but for these', () => {
    const units = fc.string({ unit: fc.constantFrom('a', '\\', '"', '\ud83d', '\ude00', '\u00e9', '\n') });
    const escaped = (text: string) =>
      JSON.stringify(text).replace(/[\ud800-\udfff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
    fc.assert(
      fc.property(units, (text) => {
        expect(JSON.parse(withoutLoneSurrogates(escaped(text)))).toBe(text.toWellFormed());
      }),
    );
  });
});
