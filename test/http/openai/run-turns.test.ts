import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import { choiceOf, mergeTurns } from '../../../src/http/openai/run-turns.js';
import { eventually } from '../../eventually.js';
import { SteeredTurn } from './steered-conversation.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const fault: Event = { type: 'fault', fault: new Fault('worker-error', 'no credit') };
const request = { model: 'm', messages: [], tools: [], sampling: {} };

/** Merged turns that are read at once, and what came of it. */
function merged(count: number) {
  const controller = new AbortController();
  const turns = Array.from({ length: count }, () => new SteeredTurn(request, controller.signal));
  const seen: string[] = [];
  const cancels: number[] = [];
  const cancel = () => {
    cancels.push(seen.length);
    controller.abort();
  };
  const iterator = mergeTurns(turns, cancel)[Symbol.asyncIterator]();
  const done = (async () => {
    for (;;) {
      const { value, done: isDone } = await iterator.next();
      if (isDone) return;
      for (const event of value) seen.push(`${choiceOf(event)} ${'text' in event ? event.text : event.type}`);
    }
  })();
  return { turns, seen, cancels, done, iterator };
}

describe('several turns at once', () => {
  it('say which answer each event belongs to, in the order in which they come', async () => {
    const { turns, seen, cancels, done } = merged(3);
    turns[1]?.say(say('b'));
    await eventually(() => expect(seen).toEqual(['1 b']));
    turns[0]?.say({ type: 'ready' }, say('a'));
    await eventually(() => expect(seen).toHaveLength(3));
    turns[2]?.say(say('c'), stop);
    await eventually(() => expect(seen).toHaveLength(5));
    turns[1]?.say(stop);
    turns[0]?.say(stop);
    await done;
    expect(seen).toEqual(['1 b', '0 ready', '0 a', '2 c', '2 finish', '1 finish', '0 finish']);
    expect(cancels).toEqual([]);
  });

  it('end with the first fault, and the others are cancelled', async () => {
    const { turns, seen, cancels, done } = merged(3);
    turns[0]?.say(say('a'));
    await eventually(() => expect(seen).toHaveLength(1));
    turns[2]?.say(fault);
    await done;
    turns[0]?.say(say('too late'), stop);
    expect(seen).toEqual(['0 a', '2 fault']);
    expect(cancels).toEqual([2]);
  });

  it('are all read to their end after a fault: the one that failed first, and those that had more to say', async () => {
    const ended: string[] = [];
    const speaking = async function* (name: string, ...events: readonly Event[]) {
      try {
        for (const event of events) yield [event];
      } finally {
        ended.push(name);
      }
    };
    const turns = [speaking('first', say('a'), stop), speaking('failing', fault), speaking('last', say('c'))];
    const iterator = mergeTurns(turns, () => ended.push('cancel'))[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual([{ ...say('a'), choice: 0 }]);
    expect((await iterator.next()).value).toEqual([{ ...fault, choice: 1 }]);
    await iterator.return?.();
    await eventually(() => expect(ended).toEqual(['failing', 'cancel', 'first', 'last']));
  });

  it('are cancelled when their reader leaves', async () => {
    const { turns, seen, cancels, done, iterator } = merged(2);
    turns[0]?.say(say('a'));
    await eventually(() => expect(seen).toHaveLength(1));
    const left = iterator.return?.();
    turns[1]?.say(say('b'));
    await Promise.all([left, done]);
    expect(cancels).toHaveLength(1);
  });

  it('are read no further ahead than one batch each', async () => {
    const { signal } = new AbortController();
    let pulled = 0;
    const endless = async function* () {
      for (; !signal.aborted; pulled++) yield [say('x')];
    };
    const iterator = mergeTurns([endless(), endless()], () => undefined)[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBeLessThanOrEqual(2);
    await iterator.return?.();
  });

  it('pass a mistake of ours on', async () => {
    const broken = async function* (): AsyncGenerator<readonly Event[]> {
      yield [say('a')];
      throw new Error('oops');
    };
    const cancels: string[] = [];
    const reading = async () => {
      for await (const _ of mergeTurns([broken(), broken()], () => cancels.push('cancelled')));
    };
    await expect(reading()).rejects.toThrow('oops');
    expect(cancels).toEqual(['cancelled']);
  });

  it('are nothing but the turn where there is one', () => {
    const turn = new SteeredTurn(request, new AbortController().signal);
    expect(mergeTurns([turn], () => undefined)).toBe(turn);
    expect(choiceOf(say('a'))).toBe(0);
  });
});
