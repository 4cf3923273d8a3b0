/** Reads the frames of a message stream, and insists on their form. */
import { expect } from 'vitest';
import { z } from 'zod';

const count = z.int().min(0);
const usage = z.strictObject({
  input_tokens: count,
  cache_creation_input_tokens: z.literal(0),
  cache_read_input_tokens: count,
  cache_creation: z.null(),
  output_tokens: count,
  output_tokens_details: z.null(),
  server_tool_use: z.null(),
  service_tier: z.null(),
  inference_geo: z.null(),
  speed: z.null(),
});
const index = z.int().min(0);

const frame = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('message_start'),
    message: z.strictObject({
      id: z.string(),
      type: z.literal('message'),
      role: z.literal('assistant'),
      model: z.string(),
      content: z.array(z.never()),
      stop_reason: z.null(),
      stop_sequence: z.null(),
      stop_details: z.null(),
      container: z.null(),
      context_management: z.null(),
      diagnostics: z.null(),
      usage: usage.extend({ input_tokens: z.int().min(1) }),
    }),
  }),
  z.strictObject({
    type: z.literal('content_block_start'),
    index,
    content_block: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text'), text: z.literal('') }),
      z.strictObject({ type: z.literal('thinking'), thinking: z.literal(''), signature: z.literal('') }),
      z.strictObject({
        type: z.literal('tool_use'),
        id: z.string(),
        name: z.string(),
        input: z.strictObject({}),
        caller: z.strictObject({ type: z.literal('direct') }),
      }),
    ]),
  }),
  z.strictObject({
    type: z.literal('content_block_delta'),
    index,
    delta: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text_delta'), text: z.string().min(1) }),
      z.strictObject({ type: z.literal('thinking_delta'), thinking: z.string().min(1) }),
      z.strictObject({ type: z.literal('input_json_delta'), partial_json: z.string().min(1) }),
    ]),
  }),
  z.strictObject({ type: z.literal('content_block_stop'), index }),
  z.strictObject({
    type: z.literal('message_delta'),
    delta: z.strictObject({
      stop_reason: z.string(),
      stop_sequence: z.null(),
      stop_details: z.null(),
      container: z.null(),
    }),
    usage,
    context_management: z.null(),
  }),
  z.strictObject({ type: z.literal('message_stop') }),
  z.strictObject({
    type: z.literal('error'),
    error: z.strictObject({ type: z.string(), message: z.string() }),
  }),
]);

export type Frame = z.output<typeof frame>;

/** Every frame is its event's name, one line of data with the same name in it, and a blank line. */
export function readFrames(stream: string): readonly Frame[] {
  const pieces = stream.split('\n\n');
  expect(pieces.pop()).toBe('');
  return pieces.map((piece) => {
    const match = /^event: (\w+)\ndata: ([^\n\r\u0085\u2028\u2029]+)$/.exec(piece);
    expect(match).not.toBeNull();
    const value = frame.parse(JSON.parse(match?.[2] ?? ''));
    expect(value.type).toBe(match?.[1]);
    return value;
  });
}

/** What the deltas of a frame carry, '' for other frames. */
export function textOf(value: Frame): string {
  if (value.type !== 'content_block_delta') return '';
  switch (value.delta.type) {
    case 'text_delta':
      return value.delta.text;
    case 'thinking_delta':
      return value.delta.thinking;
    case 'input_json_delta':
      return value.delta.partial_json;
    default:
      return value.delta satisfies never;
  }
}
