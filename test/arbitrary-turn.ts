/** Any turn that ends well, for properties of the encoders. */
import fc from 'fast-check';
import type { Event, FinishReason } from '../src/core/event.js';

/** What a surface cares for in a call differs from surface to surface. */
export interface ArbitraryCall {
  readonly id: fc.Arbitrary<string>;
  readonly name: fc.Arbitrary<string>;
  readonly input: fc.Arbitrary<string>;
}

export const arbitraryText = fc.string({ unit: 'binary', maxLength: 20 });

/** A turn in batches, as the port hands it over. */
export function arbitraryTurn(call: ArbitraryCall): fc.Arbitrary<Event[][]> {
  const count = fc.nat(1000);
  const shown = fc.oneof(
    fc.constant({ type: 'ready' } as const),
    fc.record({ type: fc.constant('text-delta' as const), text: arbitraryText }),
    fc.record({ type: fc.constant('reasoning-delta' as const), text: arbitraryText }),
    fc.record({ type: fc.constant('tool-call' as const), ...call }),
  );
  const finish = fc.record({
    type: fc.constant('finish' as const),
    reason: fc.constantFrom<FinishReason>('stop', 'length', 'tool-calls', 'content-filter'),
    usage: fc.record({
      promptTokens: count,
      completionTokens: count,
      cachedTokens: count,
      estimated: fc.boolean(),
    }),
  });
  return fc
    .tuple(fc.array(fc.array(shown, { maxLength: 4 }), { maxLength: 6 }), finish)
    .map(([batches, end]): Event[][] => [...batches, [end]]);
}
