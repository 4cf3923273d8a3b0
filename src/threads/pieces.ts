/**
 * Takes a value apart into batches that are small enough to be copied between threads without holding up the event loop, and
 * puts them together again on the other side.
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

/** Bytes are the value itself, or stand at the top of a record or in a list there. */
function ownedBy(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  if (ArrayBuffer.isView(value)) return memoryOf(value);
  return Object.values(value).flatMap((child: unknown) => {
    if (Array.isArray(child) && ArrayBuffer.isView(child[0])) return child.flatMap(memoryOf);
    return memoryOf(child);
  });
}

function memoryOf(view: unknown): ArrayBuffer[] {
  const isOwner =
    ArrayBuffer.isView(view) &&
    view.buffer instanceof ArrayBuffer &&
    view.byteLength === view.buffer.byteLength;
  return isOwner ? [view.buffer] : [];
}

/** What is being filled. */
type Open =
  | { readonly kind: 'list'; readonly list: unknown[] }
  | { readonly kind: 'record'; readonly record: Record<string, unknown> }
  | { readonly kind: 'text'; text: string; readonly key: string | undefined };

/** Puts a value together from the batches that `toPieces` made of it. */
export class Assembly {
  readonly #open: Open[] = [];
  #value: unknown;

  /** The value; undefined until its last batch has been taken. */
  get value(): unknown {
    return this.#value;
  }

  take(steps: readonly Step[]): void {
    for (const step of steps) this.#follow(step);
  }

  #follow(step: Step): void {
    switch (step.does) {
      case 'put':
        this.#put(step.value, step.key);
        break;
      case 'open':
        this.#begin(step.kind, step.key);
        break;
      case 'append': {
        const text = this.#open.at(-1);
        if (text?.kind === 'text') text.text += step.text;
        break;
      }
      case 'close': {
        const closed = this.#open.pop();
        if (closed?.kind === 'text') this.#put(closed.text, closed.key);
        break;
      }
      default:
        step satisfies never;
    }
  }

  /** Lists and records stand in their place before they are full; a text is put there when it is whole. */
  #begin(kind: Open['kind'], key: string | undefined): void {
    if (kind === 'text') {
      this.#open.push({ kind, text: '', key });
      return;
    }
    const opened: Open = kind === 'list' ? { kind, list: [] } : { kind, record: {} };
    this.#put(opened.kind === 'list' ? opened.list : opened.record, key);
    this.#open.push(opened);
  }

  #put(value: unknown, key: string | undefined): void {
    const into = this.#open.at(-1);
    if (into?.kind === 'list') into.list.push(value);
    // Not by assignment: a client may call a key `__proto__`.
    else if (into?.kind === 'record' && key !== undefined)
      Object.defineProperty(into.record, key, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    else this.#value = value;
  }
}
