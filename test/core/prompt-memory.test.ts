import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import { PromptMemory } from '../../src/core/prompt-memory.js';

async function* turn(...batches: readonly (readonly Event[])[]) {
  yield* batches;
}

async function faultsOf(events: AsyncIterable<readonly Event[]>): Promise<readonly boolean[]> {
  const marks: boolean[] = [];
  for await (const batch of events)
    for (const event of batch) if (event.type === 'fault') marks.push(event.fault.afterPrompt);
  return marks;
}

const down: Event = { type: 'fault', fault: new Fault('link-down', 'away', { retryAfterSeconds: 1 }) };

describe('a request of several turns', () => {
  it('may be repeated as long as none of them has begun', async () => {
    const memory = new PromptMemory();
    expect(await faultsOf(memory.watch(turn([down])))).toEqual([false]);
    expect(await faultsOf(memory.watch(turn([down])))).toEqual([false]);
  });

  it('is not to be repeated once one has, whichever of them fails', async () => {
    const memory = new PromptMemory();
    await faultsOf(memory.watch(turn([{ type: 'ready' }])));
    expect(await faultsOf(memory.watch(turn([down])))).toEqual([true]);
  });

  it('is not to be repeated once one has failed at its worker', async () => {
    const memory = new PromptMemory();
    const failed: Event = { type: 'fault', fault: new Fault('worker-error', 'no', { afterPrompt: true }) };
    await faultsOf(memory.watch(turn([failed])));
    expect(await faultsOf(memory.watch(turn([down])))).toEqual([true]);
  });
});
