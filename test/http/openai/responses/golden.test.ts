import { describe, expect, it } from 'vitest';
import { readFrames } from './frames.js';
import { collected, encode, planOf } from './plan.js';
import { turns } from './turns.js';

describe('the event sequence', () => {
  it.each(turns)('of $name', async ({ name, events, fields, style }) => {
    await expect(encode(events, planOf(fields, style))).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

describe('a whole answer', () => {
  it.each(turns.filter(({ events }) => events.at(-1)?.type === 'finish'))(
    'of $name is what the stream ends with',
    async ({ events, fields, style }) => {
      const last = readFrames(encode(events, planOf(fields, style))).at(-1);
      expect(last?.['response']).toEqual(await collected(events, planOf(fields, style)));
    },
  );

  it.each(['fault-mid-stream', 'fault-first-after-the-hold'])('of %s is an error', async (name) => {
    const events = turns.find((turn) => turn.name === name)?.events ?? [];
    await expect(collected(events)).rejects.toMatchObject({ code: 'worker-error' });
  });

  it('of a turn that stops without an end is an error', async () => {
    await expect(collected([])).rejects.toMatchObject({ code: 'link-lost' });
  });
});
