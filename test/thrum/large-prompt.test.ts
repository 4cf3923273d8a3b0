import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeHistory } from '../../src/core/encoded-history.js';
import type { Message, TurnRequest } from '../../src/core/request.js';
import { EncodedTone, encodeTone, type SentTone } from '../../src/thrum/link/tone-codec.js';
import {
  bodyAround,
  encodeBody,
  encodeFields,
  makeBody,
  toBody,
  toPromptTone,
} from '../../src/thrum/turn/prompt-tone.js';

const NEVER = new AbortController().signal;
const address = { rid: 'r-0', sid: 's', hive: 'ollama-server', modelId: 'mödel' };

/** Lone surrogates and what looks like their escapes, quotes, markup of ours and controls, besides everything else. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        '/',
        ' @a',
        '\ud83d',
        '\udc1d',
        '\\ud83d',
        '\\',
        '"',
        '</turn>',
        '\u0000',
        '\u2028',
        'é',
      ),
      {
        maxLength: 8,
      },
    )
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

function lineOf(tone: SentTone): Buffer {
  if (!(tone instanceof EncodedTone)) return Buffer.from(encodeTone(tone));
  return Buffer.concat(tone.parts.map((one) => Buffer.from(one)));
}

test('a prompt that is put together from parts has the bytes of one that is encoded whole', () => {
  const frames = fc.record(
    { resume: text, disallowedTools: fc.array(text), cwd: text },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(request, frames, fc.boolean(), ({ sampling, ...asked }, frame, defuses) => {
      const around = { ...address, sampling, ...frame };
      const content = { ...asked, defuses };
      const whole = toBody(content);
      const rest = encodeFields({ systemPrompt: whole.fields.systemPrompt, tools: whole.fields.tools });
      for (const made of [
        encodeBody(content),
        // What the thread that read the request has made of its messages.
        bodyAround(encodeHistory(asked.messages), rest, content),
      ]) {
        expect(made.characters).toBe(whole.characters);
        expect(lineOf(toPromptTone(made, around)).toString()).toBe(
          lineOf(toPromptTone(whole, around)).toString(),
        );
      }
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
  const frame = { ...address, sampling: asked.sampling, resume: 'nest' };
  const [made, whole] = [await makeBody(asked, NEVER), toBody(asked)];
  expect(made).toHaveProperty('parts');
  expect(lineOf(toPromptTone(made, frame)).equals(lineOf(toPromptTone(whole, frame)))).toBe(true);
  expect(made.characters).toBe(whole.characters);
});

test('a small prompt is made at once', () => {
  const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }];
  expect(makeBody({ messages, tools: [] }, NEVER)).toEqual(toBody({ messages, tools: [] }));
});
