import { describe, expect, it } from 'vitest';
import { FOREVER_MS, LoadedModels } from '../../../src/http/ollama/keep-alive.js';
import { modelOf } from '../../model.js';
import { FixedClock } from './fixed-clock.js';

const MINUTE = 60_000;
const a = modelOf('a');
const b = modelOf('b');

function start() {
  const clock = new FixedClock();
  const loaded = new LoadedModels(clock, () => 5 * MINUTE);
  const begun = clock.now();
  /** Name and minutes to live since the beginning. */
  const list = () => loaded.list().map(({ id, expiresAt }) => [id, (expiresAt - begun) / MINUTE]);
  return { clock, loaded, list };
}

describe('the loaded models', () => {
  it('stay for five minutes after their last request', () => {
    const { clock, loaded, list } = start();
    loaded.use(a, undefined)();
    clock.pass(4 * MINUTE);
    loaded.use(a, undefined)();
    expect(list()).toEqual([['a', 9]]);
    clock.pass(5 * MINUTE - 1);
    expect(list()).toEqual([['a', 9]]);
    clock.pass(1);
    expect(list()).toEqual([]);
  });

  it('stay as long as a request says, until another one says something else', () => {
    const { clock, loaded, list } = start();
    loaded.use(a, 30 * MINUTE)();
    clock.pass(MINUTE);
    loaded.use(a, undefined)();
    expect(list()).toEqual([['a', 31]]);
    loaded.use(a, MINUTE)();
    expect(list()).toEqual([['a', 2]]);
  });

  it('may stay forever', () => {
    const { clock, loaded } = start();
    loaded.use(a, FOREVER_MS)();
    clock.pass(1e12);
    expect(loaded.list()).toHaveLength(1);
    expect(new Date(loaded.list()[0]?.expiresAt ?? 0).getUTCFullYear()).toBe(2318);
  });

  it('are ordered by the time that they stay, the longest first', () => {
    const { loaded, list } = start();
    loaded.use(b, MINUTE)();
    loaded.use(modelOf('c'), 3 * MINUTE)();
    loaded.use(a, MINUTE)();
    expect(list()).toEqual([
      ['c', 3],
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('stay while a request runs, and for their time after it', () => {
    const { clock, loaded, list } = start();
    const endFirst = loaded.use(a, MINUTE);
    const endSecond = loaded.use(a, undefined);
    clock.pass(2 * MINUTE);
    expect(list()).toEqual([['a', 1]]);
    endFirst();
    expect(list()).toEqual([['a', 3]]);
    clock.pass(2 * MINUTE);
    expect(list()).toEqual([['a', 3]]);
    endSecond();
    expect(list()).toEqual([['a', 5]]);
  });

  it('go at once after a request that wants that', () => {
    const { loaded, list } = start();
    const end = loaded.use(a, 0);
    expect(list()).toEqual([['a', 0]]);
    end();
    expect(list()).toEqual([]);
  });

  it('go when they are unloaded, or as soon as nobody uses them', () => {
    const { clock, loaded, list } = start();
    loaded.use(a, FOREVER_MS)();
    loaded.unload(a);
    loaded.unload(b);
    expect(list()).toEqual([]);
    const end = loaded.use(b, FOREVER_MS);
    clock.pass(MINUTE);
    loaded.unload(b);
    expect(list()).toEqual([['b', 1]]);
    end();
    expect(list()).toEqual([]);
  });

  it('have the name that lists show', () => {
    const { loaded, list } = start();
    loaded.use(modelOf('sonnet', { target: 'claude-sonnet-4', listed: false }), MINUTE)();
    loaded.use(modelOf('llama3', { target: 'claude-sonnet-4' }), MINUTE)();
    expect(list()).toEqual([
      ['claude-sonnet-4', 1],
      ['llama3', 1],
    ]);
  });

  it('are a thousand at most: the idle one that would go first makes room', () => {
    const { loaded } = start();
    loaded.use(modelOf('busy'), 1);
    for (let n = 0; n < 1_500; n++) loaded.use(modelOf(`m${n}`), (n + 1) * MINUTE)();
    const ids = loaded.list().map(({ id }) => id);
    expect(ids).toHaveLength(1_000);
    expect(ids).toContain('busy');
    expect(ids).not.toContain('m500');
    expect(ids).toContain('m501');
  });
});
