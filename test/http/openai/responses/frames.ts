/**
 * Reads the frames of a streamed response, and insists on what holds for every one of them
 * (src/http/openai/README.md, "Golden rules" and "Response events").
 */
import { expect } from 'vitest';
import { z } from 'zod';

const data = z.looseObject({ type: z.string(), sequence_number: z.int() });

export type Frame = z.output<typeof data>;

/** Every frame has an `event:` line that is its type, one line of data, and its number. */
export function readFrames(stream: string): readonly Frame[] {
  const pieces = stream.split('\n\n');
  expect(pieces.pop()).toBe('');
  // Behind an answer that is not a failure, and nowhere else.
  if (/"type":"response\.(completed|incomplete)"/.test(pieces.at(-2) ?? ''))
    expect(pieces.pop()).toBe('data: [DONE]');
  return pieces.map((piece, index) => {
    const [, type, json = ''] = /^event: (\S+)\ndata: ([^\n\r\u0085\u2028\u2029]+)$/.exec(piece) ?? [];
    const frame = data.parse(JSON.parse(json));
    expect(frame.type).toBe(type);
    expect(frame.sequence_number).toBe(index);
    return frame;
  });
}

/** The frames' types without `response.`, for a look at their order. */
export function typesOf(stream: string): readonly string[] {
  return readFrames(stream).map(({ type }) => type.replace(/^response\./, ''));
}
