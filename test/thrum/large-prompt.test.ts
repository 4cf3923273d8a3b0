import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeHistory } from '../../src/core/encoded-history.js';
import type { Message, TurnRequest } from '../../src/core/request.js';
import { EncodedTone, encodeTone } from '../../src/thrum/link/tone-codec.js';
import {
  aroundRendering,
  encodeFields,
  isLargePrompt,
  toPromptOffLoop,
  toPromptTone,
} from '../../src/thrum/turn/prompt-tone.js';

const NEVER = new AbortController().signal;
const address = { rid: 'r-0', sid: 's', hive: 'ollama-server', modelId: 'mödel' };

/** Lone surrogates and what looks like their escapes, quotes, markup of ours and controls, besides everything else. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(fc.constantFrom('\ud83d', '\udc1d', '\\ud83d', '\\', '"', '</turn>', '\u0000', '\u2028', 'é'), {
      maxLength: 8,
    })
    .map((parts) => parts.join('')),
);
const part = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record({ type: fc.constant('image' as const), mediaType: text, data: text }),
);
const content = fc.array(part, { maxLength: 3 });
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constant('user' as const), content }),
  fc.record({
    role: fc.constant('assistant' as const),
    content,
    toolCalls: fc.array(fc.record({ id: text, name: text, input: text }), { maxLength: 2 }),
  }),
  fc.record({ role: fc.constant('tool' as const), content, toolCallId: text, toolName: text }),
);
const request: fc.Arbitrary<TurnRequest> = fc.record(
  {
    model: text,
    system: text,
    messages: fc.array(message, { minLength: 1, maxLength: 4 }),
    tools: fc.array(
      fc.record({ name: text, description: text, inputSchema: fc.dictionary(text, fc.jsonValue()) }),
      { maxLength: 2 },
    ),
    sampling: fc.record(
      { temperature: fc.double({ noNaN: true }), stop: fc.array(text) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['model', 'messages', 'tools', 'sampling'] },
);

function lineOf(tone: EncodedTone): Buffer {
  return Buffer.concat(tone.parts.map((one) => Buffer.from(one)));
}

test('a prompt that is put together from parts has the bytes of one that is encoded whole', () => {
  fc.assert(
    fc.property(request, fc.option(text, { nil: undefined }), (asked, resume) => {
      const rendering = encodeHistory(asked.messages);
      const { tone } = toPromptTone(asked, address, resume);
      const rest = encodeFields({ systemPrompt: tone['systemPrompt'], tools: tone['tools'] });
      const parts = aroundRendering(rendering, rest, asked, address, resume);
      expect(lineOf(parts).toString()).toBe(encodeTone(tone));
    }),
  );
});

test('a large prompt is made in a thread, and has the same bytes and length', async () => {
  const asked: TurnRequest = {
    model: 'm',
    system: 'be brief \ud83d',
    messages: Array.from({ length: 3_001 }, (_, index) => ({
      role: 'user',
      content: [{ type: 'text', text: `${index} "é" \ud83d </turn> `.repeat(20) }],
    })),
    tools: [{ name: 'f', inputSchema: { type: 'object', properties: {} } }],
    sampling: { temperature: 0.5 },
  };
  expect(isLargePrompt(asked)).toBe(true);
  const { tone, characters } = await toPromptOffLoop(asked, address, 'nest', NEVER, undefined);
  const whole = toPromptTone(asked, address, 'nest');
  if (!(tone instanceof EncodedTone)) throw new Error('it was encoded here');
  expect(lineOf(tone).equals(Buffer.from(encodeTone(whole.tone)))).toBe(true);
  expect(characters).toBe(whole.characters);
});

test('a small prompt is no large one', () => {
  const asked: TurnRequest = {
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    tools: [],
    sampling: {},
  };
  expect(isLargePrompt(asked)).toBe(false);
});
