/** Reads the frames of an event stream, and insists on their form. */
import { expect } from 'vitest';
import { z } from 'zod';

const delta = z.strictObject({
  role: z.literal('assistant').optional(),
  content: z.string().optional(),
  reasoning_content: z.string().optional(),
  reasoning: z.string().optional(),
  tool_calls: z
    .array(
      z.strictObject({
        index: z.int(),
        id: z.string().optional(),
        type: z.enum(['function', 'custom']).optional(),
        function: z.strictObject({ name: z.string().optional(), arguments: z.string() }).optional(),
        custom: z.strictObject({ name: z.string().optional(), input: z.string() }).optional(),
      }),
    )
    .length(1)
    .optional(),
  function_call: z.strictObject({ name: z.string().optional(), arguments: z.string() }).optional(),
});

const chunk = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.null(),
  choices: z.array(z.strictObject({ index: z.int(), delta, finish_reason: z.string().nullable() })).max(1),
  usage: z.looseObject({ total_tokens: z.int() }).nullable().optional(),
});

export type Chunk = z.output<typeof chunk>;

/** The texts behind `data: `; every frame is one line and ends with a blank one. */
export function readFrames(stream: string): readonly string[] {
  const pieces = stream.split('\n\n');
  expect(pieces.pop()).toBe('');
  return pieces.map((piece) => {
    expect(piece).toMatch(/^data: [^\n\r\u0085\u2028\u2029]+$/);
    return piece.slice('data: '.length);
  });
}

/** The chunks of a stream that ends well; no key but those of the spec may be in them. */
export function readChunks(stream: string): readonly Chunk[] {
  const frames = [...readFrames(stream)];
  expect(frames.pop()).toBe('[DONE]');
  return frames.map((frame) => chunk.parse(JSON.parse(frame)));
}
