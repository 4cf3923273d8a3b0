import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../../src/core/event.js';
import { collectResponse } from '../../../../src/http/openai/responses/response-builder.js';
import { ResponseStream } from '../../../../src/http/openai/responses/response-stream.js';
import { rules, toTold } from './accumulator-rules.js';
import { readFrames } from './frames.js';
import { encode, inBatches, planOf } from './plan.js';
import { anyTurn, tools, turns } from './turns.js';

const streams = turns.map(({ events, fields, style }) =>
  toTold(readFrames(encode(events, planOf(fields, style)))),
);

describe('the order of events, in every golden stream', () => {
  it.each(rules)('%s', (_, check) => {
    for (const told of streams) check(told);
  });
});

const style = fc.record({
  form: fc.constantFrom('summary' as const, 'text' as const),
  withEncrypted: fc.boolean(),
});

function encodeBatches(batches: readonly Event[][], plan: ReturnType<typeof planOf>): string {
  const encoder = new ResponseStream(plan, async () => {});
  return batches.map((batch) => encoder.encode(batch)).join('');
}

/** The real client, given these frames as the answer to anything. */
function clientOf(frames: string): OpenAI {
  const headers = { 'content-type': 'text/event-stream' };
  return new OpenAI({ apiKey: 'any', fetch: () => Promise.resolve(new Response(frames, { headers })) });
}

describe('the stream of any turn', () => {
  it('keeps every rule of the accumulators', () => {
    fc.assert(
      fc.property(anyTurn, style, (batches, reasoning) => {
        const told = toTold(readFrames(encodeBatches(batches, planOf({ tools }, reasoning))));
        for (const [, check] of rules) check(told);
      }),
    );
  });

  it('is the whole answer, once the real client has put it together', async () => {
    await fc.assert(
      fc.asyncProperty(anyTurn, style, async (batches, reasoning) => {
        const whole = await collectResponse(inBatches(batches), planOf({ tools }, reasoning));
        const openai = clientOf(encodeBatches(batches, planOf({ tools }, reasoning)));
        const stream = openai.responses.stream({ model: 'm', input: 'hi' });
        const texts: string[] = [];
        stream.on('response.output_text.delta', ({ delta }) => texts.push(delta));
        const final = await stream.finalResponse();
        const { output_text, output_parsed, ...streamed } = final;
        expect(output_parsed).toBeNull();
        expect(output_text).toBe(texts.join(''));
        expect(withoutParsed(streamed)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('put together from its deltas alone is the whole answer, too', async () => {
    await fc.assert(
      fc.asyncProperty(anyTurn, style, async (batches, reasoning) => {
        const whole = await collectResponse(inBatches(batches), planOf({ tools }, reasoning));
        const frames = encodeBatches(batches, planOf({ tools }, reasoning))
          .replace('data: [DONE]\n\n', '')
          .split('\n\n')
          .slice(0, -2);
        const deltas = frames.filter(
          (frame) => !/^event: response\.(\S+\.done|output_item\.done)\n/.test(frame),
        );
        const stream = clientOf(`${deltas.join('\n\n')}\n\n`).responses.stream({ model: 'm', input: 'hi' });
        const { output } = await stream.finalResponse();
        const bare = (items: readonly object[]) =>
          items.map((item) => ({ ...item, status: undefined, encrypted_content: undefined }));
        expect(bare(withoutParsed({ output }).output)).toEqual(bare(whole.output));
      }),
      { numRuns: 50 },
    );
  });
});

/** The client adds `parsed` and `parsed_arguments`, null here. */
function withoutParsed<Value>(value: Value): Value {
  return JSON.parse(
    JSON.stringify(value, (key, each: unknown) =>
      key === 'parsed' || key === 'parsed_arguments' ? undefined : each,
    ),
  );
}
