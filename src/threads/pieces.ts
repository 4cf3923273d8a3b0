/**
 * Takes a value apart into batches that are small enough to be copied between threads without holding up the event loop; an
 * `Assembly` puts them together again on the other side.
 */
import { weigh } from './weight.js';

/** What one batch may weigh, about: 256 KiB are copied within a millisecond or two. */
const BATCH_WEIGHT = 2 ** 18;
/** What a step itself takes. */
const STEP_WEIGHT = 32;

/**
 * One step of putting a value together: a whole value or the beginning of one that comes in parts, more text for the text
 * that is open, or the end of what was opened last. `key` says where in the open record it belongs.
 */
export type Step =
  | { readonly does: 'put'; readonly value: unknown; readonly key: string | undefined }
  | { readonly does: 'open'; readonly kind: 'list' | 'record' | 'text'; readonly key: string | undefined }
  | { readonly does: 'append'; readonly text: string }
  | { readonly does: 'close' };

/** The steps that make `value` (JSON-like; bytes and maps go as they are), in batches. Walks only as far as it is asked to. */
export function* toPieces(value: unknown): Generator<readonly Step[], void, undefined> {
  let batch: Step[] = [];
  let weight = 0;
  for (const [step, stepWeight] of stepsOf(value, undefined)) {
    batch.push(step);
    weight += STEP_WEIGHT + stepWeight;
    if (weight < BATCH_WEIGHT) continue;
    yield batch;
    batch = [];
    weight = 0;
  }
  if (batch.length > 0) yield batch;
}

type Weighed = readonly [step: Step, weight: number];

function* stepsOf(value: unknown, key: string | undefined): Generator<Weighed, void, undefined> {
  const weight = weigh(value, BATCH_WEIGHT);
  if (weight <= BATCH_WEIGHT) {
    yield [{ does: 'put', value, key }, weight];
    return;
  }
  if (typeof value === 'string') {
    yield [{ does: 'open', kind: 'text', key }, 0];
    for (let at = 0; at < value.length; at += BATCH_WEIGHT) {
      const text = value.slice(at, at + BATCH_WEIGHT);
      yield [{ does: 'append', text }, text.length];
    }
  } else if (Array.isArray(value)) {
    yield [{ does: 'open', kind: 'list', key }, 0];
    for (const child of value) yield* stepsOf(child, undefined);
  } else if (typeof value === 'object' && value !== null) {
    yield [{ does: 'open', kind: 'record', key }, 0];
    for (const [name, child] of Object.entries(value)) yield* stepsOf(child, name);
  }
  yield [{ does: 'close' }, 0];
}

/** The memory of the bytes in a batch, where it is theirs alone: it is handed over instead of copied. */
export function transferables(steps: readonly Step[]): ArrayBuffer[] {
  return steps.flatMap((step) => (step.does === 'put' ? ownedBy(step.value) : []));
}

/** Looks into a record too: bytes stand at its top, or are the value itself. */
function ownedBy(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  const views = ArrayBuffer.isView(value) ? [value] : Object.values(value);
  return views.flatMap((view: unknown) =>
    ArrayBuffer.isView(view) &&
    view.buffer instanceof ArrayBuffer &&
    view.byteLength === view.buffer.byteLength
      ? [view.buffer]
      : [],
  );
}
