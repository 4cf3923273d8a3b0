/** Every word of an answer comes once and in its place, however its server writes it and its clients read it. */
import { once } from 'node:events';
import { setImmediate as loopTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ASKS, at, toAnswer } from '../front-door/ask-surfaces.js';
import { startUpstreamWorld } from './upstream-world.js';

interface Plan {
  readonly ask: (typeof ASKS)[number];
  readonly words: readonly string[];
  /** How often the words are said. */
  readonly times: number;
  /** Sizes of what the server writes at once, in bytes, over and over. */
  readonly pieces: readonly number[];
  /** Turns of the event loop between two reads of the client. */
  readonly pause: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  ask: fc.constantFrom(...ASKS),
  words: fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 20,
  }),
  times: fc.constantFrom(1, 2, 100, 1_000),
  pieces: fc.array(fc.constantFrom(1, 7, 100, 1_000, 16_384, 100_000), { minLength: 1, maxLength: 5 }),
  pause: fc.constantFrom(0, 0, 1, 5),
});

/** Each time is numbered: an answer with two of them exchanged is another one. */
function wordsOf({ words, times }: Plan): readonly string[] {
  return Array.from({ length: times }, (_, index) => [`[${index}]`, ...words]).flat();
}

it('whatever its pieces, many at once, with slow readers', async () => {
  const { upstream, url } = await startUpstreamWorld();
  let plans: readonly Plan[] = [];
  upstream.onChat = async ({ request, response }) => {
    const asked = plans[Number(at(request.body, 'messages', -1, 'content'))];
    if (asked === undefined) return;
    const { pieces } = asked;
    const events = wordsOf(asked).map(
      (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`,
    );
    const end = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    const bytes = Buffer.from(`${events.join('')}${end}`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // What a byte at a time shows, it shows within some thousand of them.
    const least = Math.ceil(bytes.length / 2_000);
    for (let start = 0, write = 0; start < bytes.length; write++) {
      const next = start + Math.max(least, pieces[write % pieces.length] ?? least);
      if (!response.write(bytes.subarray(start, next))) await once(response, 'drain');
      else if (write % 3 === 0) await loopTurn();
      start = next;
    }
    response.end();
  };
  const ask = async (planned: Plan, index: number) => {
    const { surface, stream } = planned.ask;
    const body = JSON.stringify(surface.body('llama3', String(index), stream));
    const response = await fetch(url + surface.path, { method: 'POST', body });
    const slowly = response.body?.pipeThrough(
      new TransformStream({
        transform: async (piece, controller) => {
          for (let left = planned.pause; left > 0; left--) await loopTurn();
          controller.enqueue(piece);
        },
      }),
    );
    const { status, headers } = response;
    return surface.text(await toAnswer(new Response(slowly ?? null, { status, headers })));
  };
  await fc.assert(
    fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 24 }), async (some) => {
      plans = some;
      const texts = await Promise.all(some.map(ask));
      expect(texts).toEqual(some.map((planned) => wordsOf(planned).join('')));
    }),
    { numRuns: 8 },
  );
});
