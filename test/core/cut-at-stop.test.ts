import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAtStop, requireFewStops } from '../../src/core/stop-sequences.js';
import type { Event } from '../../src/core/event.js';

const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, estimated: true };
const finish: Event = { type: 'finish', reason: 'length', usage: { ...usage, estimated: false } };

/** @param pieces `|` alone is what separates two messages */
async function cut(pieces: readonly string[], stops: readonly string[]) {
  let isLeft = true;
  async function* turn(): AsyncGenerator<readonly Event[]> {
    yield [{ type: 'ready' }];
    for (const text of pieces)
      yield [text === '|' ? { type: 'text-delta', text, isBreak: true } : { type: 'text-delta', text }];
    isLeft = false;
    yield [finish];
  }
  const events: Event[] = [];
  for await (const batch of cutAtStop(turn(), stops, () => usage)) events.push(...batch);
  const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
  return {
    text,
    end: events.at(-1),
    isLeft,
    texts: events.filter((event) => event.type === 'text-delta').length,
    breaks: events.flatMap((event) => (event.type === 'text-delta' && event.isBreak ? [event.text] : [])),
  };
}

describe('cutAtStop', () => {
  it.each([
    [['a STOP b'], ['STOP'], 'a '],
    [['a ST', 'O', 'P b'], ['STOP'], 'a '],
    [['one', '\n', '\nUser: hi'], ['\n\nUser:'], 'one'],
    [['abc', 'def'], ['cd', 'b'], 'a'],
    [['xaab'], ['aab', 'ab'], 'x'],
  ])('ends %j at %j', async (pieces, stops, text) => {
    expect(await cut(pieces, stops)).toMatchObject({ text, end: { reason: 'stop', usage }, isLeft: true });
  });

  it('gives back what only looked like a beginning', async () => {
    expect(await cut(['a ST', 'ILL ST'], ['STOP'])).toMatchObject({
      text: 'a STILL ST',
      end: finish,
      isLeft: false,
    });
  });

  it('holds nothing that cannot be one', async () => {
    expect((await cut(['a', 'b', 'c'], ['STOP'])).texts).toBe(3);
  });

  it('says exactly what stands before the stop that is complete first, however it is cut', async () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c') });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(letters), stops, async (pieces, sequences) => {
        const whole = pieces.join('');
        const found = sequences.filter((stop) => whole.includes(stop));
        const endOf = (stop: string) => whole.indexOf(stop) + stop.length;
        const first = Math.min(...found.map(endOf));
        const at = Math.min(
          ...found.filter((stop) => endOf(stop) === first).map((stop) => whole.indexOf(stop)),
        );
        const { text, end } = await cut(pieces, sequences);
        expect(text).toBe(Number.isFinite(at) ? whole.slice(0, at) : whole);
        expect(end).toMatchObject({ reason: Number.isFinite(at) ? 'stop' : 'length' });
      }),
    );
  });

  it.each([
    [['a', '|', 'b STOP'], ['STOP'], 'a|b ', ['|']],
    [['a', '|', 'STOP'], ['STOP'], 'a', []],
    [['a', '|', 'ST', 'OP'], ['STOP'], 'a', []],
    [['a', '|', 'ST', 'ILL'], ['STOP'], 'a|STILL', ['|']],
    [['a', '|', 'b'], ['|'], 'a', []],
    [['aS', '|', 'TOP'], ['S|TOP'], 'a', []],
    [['aS', '|', 'TILL', '|', 'b'], ['S|TOP'], 'aS|TILL|b', ['|', '|']],
  ])(
    'keeps messages apart and ends in none that has not begun: %j at %j',
    async (pieces, stops, text, breaks) => {
      expect(await cut(pieces, stops)).toMatchObject({ text, breaks });
    },
  );

  // Quadratic time would be longer than a test may take.
  it('takes linear time for sequences and texts that nearly match all the time', async () => {
    const stop = `${'a'.repeat(200_000)}b`;
    const pieces = Array.from({ length: 2_000 }, () => 'a'.repeat(100));
    expect((await cut(pieces, [stop, `x${stop}`])).text).toBe(pieces.join(''));
  });

  it('never finds an empty sequence', async () => {
    expect(await cut(['a', 'b'], [''])).toMatchObject({ text: 'ab', end: finish });
  });

  it('refuses more sequences than can be looked for', () => {
    expect(() => requireFewStops(Array(128).fill('a'))).not.toThrow();
    expect(() => requireFewStops(Array(129).fill('a'))).toThrow(
      expect.objectContaining({ code: 'bad-request', param: 'stop' }),
    );
  });
});
