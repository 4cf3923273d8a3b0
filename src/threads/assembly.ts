/** Puts a value together from the batches that `toPieces` made of it. */
import type { Step } from './pieces.js';

/** What is being filled. */
type Open =
  | { readonly kind: 'list'; readonly list: unknown[] }
  | { readonly kind: 'record'; readonly record: Record<string, unknown> }
  | { readonly kind: 'text'; text: string; readonly key: string | undefined };

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
