import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TransientMap } from '../../src/core/transient-map.js';

type Step = { readonly key: number; readonly does: 'set' | 'delete' | 'clear' };

describe('a map of what comes and goes', () => {
  it('holds what a map holds, in the same order', () => {
    const step: fc.Arbitrary<Step> = fc.record({
      key: fc.nat({ max: 5 }),
      does: fc.constantFrom('set', 'set', 'set', 'delete', 'clear'),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const transient = new TransientMap<number, object>();
        const plain = new Map<number, object>();
        for (const { key, does } of steps) {
          if (does === 'clear') {
            transient.clear();
            plain.clear();
            continue;
          }
          // A value that takes another one's place comes last, as if it were new.
          plain.delete(key);
          if (does === 'delete') transient.delete(key);
          else {
            const value = {};
            transient.set(key, value);
            plain.set(key, value);
          }
        }
        expect(transient.size).toBe(plain.size);
        expect([...transient.keys()]).toEqual([...plain.keys()]);
        expect([...transient.values()]).toEqual([...plain.values()]);
        expect([...transient.entries()]).toEqual([...plain]);
        for (const key of [0, 1, 2, 3, 4, 5]) expect(transient.get(key)).toBe(plain.get(key));
      }),
    );
  });

  it('may be changed while it is walked', () => {
    const map = new TransientMap<string, { readonly name: string }>();
    for (const name of ['a', 'b', 'c']) map.set(name, { name });
    const seen: string[] = [];
    for (const { name } of map.values()) {
      seen.push(name);
      if (name === 'a') {
        map.delete('b');
        map.set('d', { name: 'd' });
      }
    }
    expect(seen).toEqual(['a', 'c', 'd']);
  });
});
