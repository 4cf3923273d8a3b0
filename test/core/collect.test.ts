import { describe, expect, it } from 'vitest';
import { collect } from '../../src/core/collect.js';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };

async function* batches(...list: (readonly Event[])[]): AsyncGenerator<readonly Event[]> {
  yield* list;
}

describe('collect', () => {
  it('joins text and reasoning, keeps calls in order and takes the reason and usage of the finish', async () => {
    const call = { type: 'tool-call', id: 'c', name: 'f', input: '{}' } as const;
    const seen: number[] = [];
    const answer = await collect(
      batches(
        [{ type: 'ready' }, { type: 'reasoning-delta', text: 'h' }],
        [
          { type: 'reasoning-delta', text: 'm' },
          { type: 'text-delta', text: 'a' },
        ],
        [{ type: 'text-delta', text: 'b' }, call, { type: 'finish', reason: 'tool-calls', usage }],
      ),
      (batch) => seen.push(batch.length),
    );
    expect(answer).toEqual({ text: 'ab', reasoning: 'hm', toolCalls: [call], reason: 'tool-calls', usage });
    expect(seen).toEqual([2, 2, 3]);
  });

  it('rejects with the fault of the turn', async () => {
    const fault = new Fault('worker-error', 'no credit');
    await expect(
      collect(
        batches([
          { type: 'text-delta', text: 'a' },
          { type: 'fault', fault },
        ]),
      ),
    ).rejects.toBe(fault);
  });

  it('never takes events that stop for a whole answer', async () => {
    await expect(collect(batches([{ type: 'text-delta', text: 'a' }]))).rejects.toMatchObject({
      code: 'link-lost',
    });
  });
});
