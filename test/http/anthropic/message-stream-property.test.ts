import type Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { MessageEvents } from '../../../src/http/anthropic/message-events.js';
import { arbitraryText, arbitraryTurn } from '../../arbitrary-turn.js';
import { type Frame, readFrames, textOf } from './frames.js';
import { ScriptedConversation, serve } from './scripted-messages.js';

/** The client's own parser of unfinished JSON loses a key `__proto__`. */
const key = arbitraryText.filter((name) => name !== '__proto__');
const value = fc.oneof(arbitraryText, fc.integer(), fc.boolean(), fc.constant(null), fc.array(arbitraryText));

const turn = arbitraryTurn({
  id: fc.uuid(),
  name: fc.constantFrom('f', 'g'),
  input: fc.oneof(
    fc.constantFrom('', ' ', '[1]', 'no json', '{ "a" : {} }'),
    fc.dictionary(key, value).map((input) => JSON.stringify(input)),
  ),
});

function framesOf(batches: readonly Event[][]): readonly Frame[] {
  const encoder = new MessageEvents({ id: 'msg_1', model: 'm' }, { inputTokens: 1, hidesThinking: false });
  return readFrames(batches.map((batch) => encoder.encode(batch)).join(''));
}

/** Consecutive deltas of one kind as one block; a call is always one of its own. */
function blocksOf(events: readonly Event[]): readonly (readonly [string, string])[] {
  const blocks: [string, string][] = [];
  for (const event of events) {
    if (event.type === 'tool-call') blocks.push(['tool_use', event.input]);
    if (event.type !== 'text-delta' && event.type !== 'reasoning-delta') continue;
    const kind = event.type === 'text-delta' ? 'text' : 'thinking';
    const last = blocks.at(-1);
    if (last?.[0] === kind) last[1] += event.text;
    else if (event.text !== '') blocks.push([kind, event.text]);
  }
  return blocks;
}

/** A message without its id, its blocks of one kind joined: a whole answer does not keep their order among the others. */
function comparable({
  id,
  content,
  usage,
  stop_reason,
  stop_sequence,
  role,
  type,
  model,
}: Anthropic.Message) {
  expect(id).toMatch(/^msg_/);
  return {
    facts: { usage, stop_reason, stop_sequence, role, type, model },
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    thinking: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    signatures: content.flatMap((block) => (block.type === 'thinking' ? block.signature : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, input: block.input }] : [],
    ),
  };
}

describe('the stream of any turn', () => {
  it('has one block at a time, numbered without a gap, with everything that was said', () => {
    fc.assert(
      fc.property(turn, (batches) => {
        const frames = framesOf(batches);
        expect(frames[0]?.type).toBe('message_start');
        expect(frames.slice(-2).map(({ type }) => type)).toEqual(['message_delta', 'message_stop']);
        const seen: [string, string][] = [];
        let open: [string, string] | undefined;
        for (const frame of frames.slice(1, -2)) {
          switch (frame.type) {
            case 'content_block_start':
              expect(open).toBeUndefined();
              expect(frame.index).toBe(seen.length);
              open = [frame.content_block.type, ''];
              seen.push(open);
              break;
            case 'content_block_delta':
              expect(frame.index).toBe(seen.length - 1);
              if (!open) expect.fail('a delta outside of a block');
              open[1] += textOf(frame);
              break;
            case 'content_block_stop':
              expect(frame.index).toBe(seen.length - 1);
              expect(open).toBeDefined();
              open = undefined;
              break;
            default:
              expect.fail(`${frame.type} in the middle`);
          }
        }
        expect(open).toBeUndefined();
        const expected = blocksOf(batches.flat());
        expect(seen.map(([kind]) => kind)).toEqual(expected.map(([kind]) => kind));
        for (const [index, [kind, value]] of expected.entries()) {
          if (kind === 'tool_use') expect(typeof JSON.parse(seen[index]?.[1] ?? '')).toBe('object');
          else expect(seen[index]?.[1]).toBe(value);
        }
      }),
    );
  });

  it('is the whole answer, once the real client has put it together', async () => {
    const conversation = new ScriptedConversation();
    const { anthropic } = await serve(conversation);
    const ask = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };
    await fc.assert(
      fc.asyncProperty(turn, async (batches) => {
        conversation.batches = batches;
        const streamed = await anthropic.messages.stream(ask).finalMessage();
        const whole = await anthropic.messages.create(ask);
        expect(comparable(streamed)).toEqual(comparable(whole));
      }),
      { numRuns: 100 },
    );
  });
});
