import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Event } from '../../../src/core/event.js';
import { CHAT_LINES, GENERATE_LINES, LineEncoder } from '../../../src/http/ollama/answers.js';
import { call, envelope, finish, reasoning, text } from './encoder-input.js';

const DELTA = {
  thinking: z.string().optional(),
  tool_calls: z.array(z.looseObject({ id: z.string() })).optional(),
};
const CHAT_LINE = z
  .object({ message: z.object({ content: z.string(), ...DELTA }), done: z.boolean() })
  .transform(({ message, done }) => ({ ...message, done }));
const GENERATE_LINE = z
  .object({ response: z.string(), ...DELTA, done: z.boolean() })
  .transform(({ response, ...line }) => ({ ...line, content: response }));

const SHAPES = [
  ['chat', CHAT_LINES, CHAT_LINE],
  ['generate', GENERATE_LINES, GENERATE_LINE],
] as const;

const string = fc.string({ unit: 'binary', maxLength: 20 });
const event = fc.oneof(
  string.map(text),
  string.map(reasoning),
  fc.constant<Event>({ type: 'ready' }),
  fc.tuple(fc.uuid(), fc.oneof(fc.json(), string)).map(([id, input]) => call(id, input)),
);

function said(events: readonly Event[], type: 'text-delta' | 'reasoning-delta'): string {
  return events.map((one) => (one.type === type ? one.text : '')).join('');
}

describe.each(SHAPES)('any %s stream', (_, lineShape, shape) => {
  it('has lines of one kind each, which hold all that was said, and one end', () => {
    fc.assert(
      fc.property(fc.array(fc.array(event, { maxLength: 6 })), (batches) => {
        const encoder = new LineEncoder(lineShape, envelope());
        const withEnd = [...batches, [finish, text('too late')], [finish]];
        const stream = withEnd.map((batch) => encoder.encode(batch)).join('');
        const lines = stream.split(/(?<=\n)/).map((line) => {
          expect(line).toMatch(/^[^\n\u0085\u2028\u2029]+\n$/);
          return shape.parse(JSON.parse(line));
        });
        const events = batches.flat();
        expect(lines.map((line) => line.content).join('')).toBe(said(events, 'text-delta'));
        expect(lines.map((line) => line.thinking ?? '').join('')).toBe(said(events, 'reasoning-delta'));
        expect(lines.flatMap((line) => line.tool_calls ?? []).map(({ id }) => id)).toEqual(
          events.flatMap((one) => (one.type === 'tool-call' ? [one.id] : [])),
        );
        expect(lines.findIndex((line) => line.done)).toBe(lines.length - 1);
        for (const line of lines) {
          const kinds = [line.content !== '', line.thinking !== undefined, line.tool_calls !== undefined];
          expect(kinds.filter(Boolean)).toHaveLength(line.done ? 0 : 1);
        }
      }),
    );
  });
});
