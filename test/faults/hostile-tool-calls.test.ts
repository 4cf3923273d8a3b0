import { describe, expect, it } from 'vitest';
import { chat, parseStream, script, startWorld } from '../front-door/world.js';

const TOOL = { name: 'weather', parameters: { type: 'object', properties: {} } };
const OPENAI_TOOLS = [{ type: 'function', function: TOOL }];

/** Nests deeper than a request may, and as deep as humd takes. */
const DEEP = JSON.parse(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`);

/** Arguments as a worker sends them, their JSON text for OpenAI's clients, and what those of the others get. */
const CALLS: readonly (readonly [what: string, args: unknown, text: string, value: unknown])[] = [
  [
    'keys of prototypes',
    JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
  ],
  ['a hundred levels', DEEP, JSON.stringify(DEEP), DEEP],
  [
    'line separators',
    { a: '\u2028\u2029\u0085\u0000\r\n' },
    '{"a":"\u2028\u2029\u0085\\u0000\\r\\n"}',
    undefined,
  ],
  ['text that is no JSON', 'no {json', 'no {json', { input: 'no {json' }],
  ['a list', [1, { a: null }], '[1,{"a":null}]', { input: [1, { a: null }] }],
  ['an end of a stream', { a: '\n\ndata: [DONE]\n\n' }, '{"a":"\\n\\ndata: [DONE]\\n\\n"}', undefined],
  ['half a character', { a: '\ud83d' }, '{"a":"\ufffd"}', { a: '\ufffd' }],
];

describe('hostile arguments of a tool call', () => {
  it.each(CALLS)('reach every client as they are: %s', async (_, args, text, value = args) => {
    const world = await startWorld();
    const content = script({ tools: [{ name: 'weather', args }], toolsAsChunk: true });
    const json = JSON.stringify(value);

    for (const stream of [false, true]) {
      const ollama = await world.post('/api/chat', chat(content, { tools: OPENAI_TOOLS, stream }));
      const lines = parseStream(await ollama.text());
      const [call] = lines.flatMap((line) => Object(line['message'])['tool_calls'] ?? []);
      expect(JSON.stringify(call.function.arguments)).toBe(json);

      const openai = await world.post('/v1/chat/completions', chat(content, { tools: OPENAI_TOOLS, stream }));
      const chunks = parseStream(await openai.text()).flatMap((chunk) => Object(chunk['choices']));
      const calls = chunks.flatMap((choice) => (choice.delta ?? choice.message)?.tool_calls ?? []);
      expect(calls.map((each) => each.function.arguments).join('')).toBe(text);

      const tools = [{ name: 'weather', input_schema: TOOL.parameters }];
      const body = { ...chat(content), max_tokens: 9, tools, stream };
      const anthropic = parseStream(await (await world.post('/v1/messages', body)).text());
      const whole = Object(anthropic[0])['content']?.at(-1).input;
      const partial = anthropic.map((event) => Object(event['delta'])['partial_json'] ?? '').join('');
      expect(JSON.stringify(stream ? JSON.parse(partial) : whole)).toBe(json);

      const flat = [{ type: 'function', ...TOOL }];
      const answer = await world.post('/v1/responses', {
        model: 'claude-sonnet-4',
        input: content,
        tools: flat,
        stream,
      });
      const events = parseStream(await answer.text());
      const response = stream ? Object(events.at(-1))['response'] : events[0];
      const item = response.output.find((each: { type: string }) => each.type === 'function_call');
      expect(item.arguments).toBe(text);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
