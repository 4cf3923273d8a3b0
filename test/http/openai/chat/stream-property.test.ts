import fc from 'fast-check';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../../src/core/collect.js';
import type { Event } from '../../../../src/core/event.js';
import { type AnswerStyle, toChatCompletion } from '../../../../src/http/openai/chat/chat-completion.js';
import { ChatChunks } from '../../../../src/http/openai/chat/chat-chunks.js';
import type { ChoiceEvent } from '../../../../src/http/openai/run-turns.js';
import { arbitraryText, arbitraryTurn } from '../../../arbitrary-turn.js';
import { readChunks } from '../frames.js';

const style: AnswerStyle = { reasoningField: 'both', isLegacy: false, customTools: new Set() };
const envelope = { id: 'chatcmpl-1', created: 7, model: 'm' };
const turn = arbitraryTurn({
  id: fc.uuid(),
  name: fc.constantFrom('f', 'g'),
  input: fc.oneof(
    fc.constant(''),
    fc.dictionary(arbitraryText, arbitraryText).map((value) => JSON.stringify(value)),
  ),
});

function encode(batches: readonly Event[][], includeUsage: boolean): string[] {
  const encoder = new ChatChunks(envelope, { ...style, choices: 1, includeUsage });
  return batches.map((batch) => encoder.encode(batch));
}

function joined(events: readonly Event[], type: 'text-delta' | 'reasoning-delta'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}

async function* inOrder(batches: readonly Event[][]) {
  yield* batches;
}

interface Told {
  readonly role?: string;
  readonly content?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly object[];
}

/**
 * What can be compared of a message: the client keeps only the last piece of keys that it does not know (reasoning), and
 * makes null of content that was never said.
 */
function comparable(message: Told | undefined) {
  const { role, content, refusal, tool_calls } = message ?? {};
  return { role, content: content || '', refusal, tool_calls };
}

describe('the stream of any turn', () => {
  it('has one role, first, one finish, last, and everything that was said in between', () => {
    fc.assert(
      fc.property(turn, fc.boolean(), (batches, includeUsage) => {
        const events = batches.flat();
        const chunks = [...readChunks(encode(batches, includeUsage).join(''))];
        for (const { id, created, model } of chunks) expect({ id, created, model }).toEqual(envelope);
        expect(chunks.filter((chunk) => 'usage' in chunk)).toHaveLength(includeUsage ? chunks.length : 0);
        if (includeUsage) {
          const last = chunks.pop();
          expect(last?.choices).toEqual([]);
          expect(last?.usage).toBeTypeOf('object');
          expect(chunks.every((chunk) => chunk.usage === null)).toBe(true);
        }
        const choices = chunks.map((chunk) => chunk.choices[0]);
        expect(choices.map((choice) => choice?.delta.role)).toEqual([
          'assistant',
          ...chunks.slice(1).map(() => undefined),
        ]);
        expect(choices.flatMap((choice) => choice?.finish_reason ?? [])).toHaveLength(1);
        expect(choices.at(-1)).toMatchObject({ delta: {}, finish_reason: expect.any(String) });
        const deltas = choices.slice(1).flatMap((choice) => choice?.delta ?? []);
        expect(deltas.filter((delta) => delta.content === '' || delta.reasoning === '')).toEqual([]);
        expect(deltas.map((delta) => delta.content ?? '').join('')).toBe(joined(events, 'text-delta'));
        expect(deltas.map((delta) => delta.reasoning ?? '').join('')).toBe(joined(events, 'reasoning-delta'));
        expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe(
          joined(events, 'reasoning-delta'),
        );
        const calls = events.filter((event) => event.type === 'tool-call');
        expect(deltas.flatMap((delta) => delta.tool_calls ?? [])).toEqual(
          calls.map(({ id, name, input }, index) => ({
            index,
            id,
            type: 'function',
            function: { name, arguments: input || '{}' },
          })),
        );
      }),
    );
  });

  it('is the whole answer, once the real client has put it together', async () => {
    await fc.assert(
      fc.asyncProperty(turn, async (batches) => {
        const whole = toChatCompletion([await collect(inOrder(batches))], envelope, style);
        const frames = readChunks(encode(batches, true).join(''));
        const lines = new Blob(frames.map((frame) => `${JSON.stringify(frame)}\n`)).stream();
        const streamed = await ChatCompletionStream.fromReadableStream(lines).finalChatCompletion();
        expect(comparable(streamed.choices[0]?.message)).toMatchObject(comparable(whole.choices[0]?.message));
        expect(streamed.choices[0]?.finish_reason).toBe(whole.choices[0]?.finish_reason);
        expect(streamed.usage).toEqual(whole.usage);
        expect(streamed).toMatchObject({ ...envelope, object: 'chat.completion' });
      }),
      { numRuns: 50 },
    );
  });

  it('is each of the whole answers, however several of them are interleaved', async () => {
    const several = fc
      .array(turn, { minLength: 2, maxLength: 4 })
      .chain((turns) => fc.tuple(fc.constant(turns), fc.shuffledSubarray(toSlots(turns), full(turns))));
    await fc.assert(
      fc.asyncProperty(several, async ([turns, order]) => {
        const answers = await Promise.all(turns.map((batches) => collect(inOrder(batches))));
        const whole = toChatCompletion(answers, envelope, style);
        const encoder = new ChatChunks(envelope, { ...style, choices: turns.length, includeUsage: true });
        const next = turns.map(() => 0);
        const stream = order
          .map((choice) => {
            const batch = turns[choice]?.[next[choice] ?? 0] ?? [];
            next[choice] = (next[choice] ?? 0) + 1;
            return encoder.encode(batch.map((event): ChoiceEvent => ({ ...event, choice })));
          })
          .join('');
        const chunks = readChunks(stream);
        const roles = chunks.flatMap(({ choices }) => choices.filter(({ delta }) => delta.role));
        expect(roles.map(({ index }) => index)).toEqual([...turns.keys()]);
        expect(chunks[0]?.choices[0]?.index).toBe(0);
        const lines = new Blob(chunks.map((chunk) => `${JSON.stringify(chunk)}\n`)).stream();
        const streamed = await ChatCompletionStream.fromReadableStream(lines).finalChatCompletion();
        expect(streamed.choices.map(({ index }) => index)).toEqual([...turns.keys()]);
        for (const [index, { message, finish_reason }] of whole.choices.entries()) {
          expect(comparable(streamed.choices[index]?.message)).toMatchObject(comparable(message));
          expect(streamed.choices[index]?.finish_reason).toBe(finish_reason);
        }
        expect(streamed.usage).toEqual(whole.usage);
      }),
      { numRuns: 50 },
    );
  });
});

/** One slot for each batch of each turn, named after its turn. */
function toSlots(turns: readonly Event[][][]): number[] {
  return turns.flatMap((batches, choice) => batches.map(() => choice));
}

function full(turns: readonly Event[][][]): { minLength: number } {
  return { minLength: toSlots(turns).length };
}
