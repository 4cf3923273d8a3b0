import { describe, expect, it } from 'vitest';
import { TurnAbort, type TurnSignal } from '../../src/core/abort.js';

/** The platform's own and ours, of which the same is expected. */
const KINDS: readonly [string, () => { readonly signal: TurnSignal; abort(reason?: unknown): void }][] = [
  [
    'AbortSignal',
    () => {
      const controller = new AbortController();
      return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
    },
  ],
  [
    'TurnAbort',
    () => {
      const signal = new TurnAbort();
      return { signal, abort: (reason) => signal.abort(reason) };
    },
  ],
];

describe.each(KINDS)('%s', (name, create) => {
  it('tells each listener once, in order, and whoever comes later nothing', () => {
    const { signal, abort } = create();
    const told: string[] = [];
    const gone = () => told.push('gone');
    for (const name of ['one', 'two']) signal.addEventListener('abort', () => told.push(name));
    signal.addEventListener('abort', gone);
    signal.removeEventListener('abort', gone);
    expect(() => signal.throwIfAborted()).not.toThrow();
    expect([signal.aborted, signal.reason]).toEqual([false, undefined]);
    abort();
    abort();
    signal.addEventListener('abort', () => told.push('late'));
    expect(told).toEqual(['one', 'two']);
    expect(signal.aborted).toBe(true);
  });

  it('gives its reason: the one it was given, or that the client has left', () => {
    const [plain, worded] = [create(), create()];
    plain.abort();
    worded.abort(new Error('enough'));
    expect(plain.signal.reason).toMatchObject(
      name === 'TurnAbort' ? { name: 'Fault', code: 'client-left' } : { name: 'AbortError' },
    );
    expect(() => plain.signal.throwIfAborted()).toThrow(name === 'TurnAbort' ? 'went away' : 'aborted');
    expect(() => worded.signal.throwIfAborted()).toThrow('enough');
  });
});

describe('a signal that follows another', () => {
  it.each([
    ['before', 'after'],
    ['after', 'before'],
  ])('aborts with it, for its reason, whether it begins %s it', (begins) => {
    const first = new TurnAbort();
    const reason = new Error('left');
    const second = new TurnAbort();
    if (begins === 'before') second.follow(first);
    first.abort(reason);
    if (begins === 'after') second.follow(first);
    expect([second.aborted, second.reason]).toEqual([true, reason]);
  });
});
