/** Tells thoughts from the answer where a model writes both as text: `<think>…</think>` at the beginning. */

/**
 * `auto`: until the server turns out to have a field for thoughts; `open` the same for a server whose template has opened them, so that an
 * answer begins within them. That is never guessed: until the closing tag comes, an answer without thoughts looks the same.
 */
export const THINK_TAGS = ['auto', 'on', 'off', 'open'] as const;
export type ThinkTags = (typeof THINK_TAGS)[number];

export interface Thought {
  readonly type: 'reasoning' | 'text';
  readonly text: string;
}

const TAGS = [
  { open: '<think>', close: '</think>' },
  { open: '<thinking>', close: '</thinking>' },
  { open: '[THINK]', close: '[/THINK]' },
] as const;

/** Fed with an answer piece by piece. Keeps back only what may still become a tag. */
export class ThinkSplitter {
  #state: 'before' | 'inside' | 'behind' | 'after' = 'before';
  #close = '';
  #kept = '';
  /** True while nothing of the thought was given. */
  #isFresh = false;

  readonly #beginsInside: boolean;

  /** @param beginsInside true where an answer without an opening tag begins with its thoughts, which `</think>` ends */
  constructor(beginsInside = false) {
    this.#beginsInside = beginsInside;
  }

  /** The server has a field for thoughts: all that comes is text. */
  giveUp(): readonly Thought[] {
    if (this.#state !== 'before') return [];
    this.#state = 'after';
    return this.#flush('text');
  }

  push(text: string): readonly Thought[] {
    if (this.#state === 'after') return text === '' ? [] : [{ type: 'text', text }];
    this.#kept += text;
    const out: Thought[] = [];
    if (this.#state === 'before') this.#readBegin(out);
    if (this.#state === 'inside') this.#readInside(out);
    if (this.#state === 'behind') this.#readBehind(out);
    return out;
  }

  /** What was kept back, at the end of the answer. */
  end(): readonly Thought[] {
    const rest = this.#state === 'inside' ? this.#flush('reasoning') : this.#flush('text');
    this.#state = 'after';
    return rest;
  }

  #readBegin(out: Thought[]): void {
    const begin = this.#kept.trimStart();
    const tag = TAGS.find(({ open }) => begin.startsWith(open));
    if (tag !== undefined) {
      this.#state = 'inside';
      this.#close = tag.close;
      this.#kept = begin.slice(tag.open.length);
      this.#isFresh = true;
    } else if (TAGS.some(({ open }) => open.startsWith(begin))) {
      return;
    } else if (this.#beginsInside) {
      this.#state = 'inside';
      this.#close = TAGS[0].close;
      this.#isFresh = true;
    } else {
      this.#state = 'after';
      out.push(...this.#flush('text'));
    }
  }

  #readInside(out: Thought[]): void {
    if (this.#isFresh) this.#kept = this.#kept.trimStart();
    if (this.#kept !== '' && !this.#close.startsWith(this.#kept)) this.#isFresh = false;
    const at = this.#kept.indexOf(this.#close);
    if (at !== -1) {
      const thought = this.#kept.slice(0, at).trimEnd();
      if (thought !== '') out.push({ type: 'reasoning', text: thought });
      this.#kept = this.#kept.slice(at + this.#close.length);
      this.#state = 'behind';
      return;
    }
    // White space in front of the closing tag is no part of the thought.
    const open = /\s*$/.exec(this.#withoutTagBegin())?.index ?? 0;
    if (open === 0) return;
    out.push({ type: 'reasoning', text: this.#kept.slice(0, open) });
    this.#kept = this.#kept.slice(open);
  }

  /** Blank lines between the thoughts and the answer are none of either. */
  #readBehind(out: Thought[]): void {
    this.#kept = this.#kept.trimStart();
    if (this.#kept === '') return;
    this.#state = 'after';
    out.push(...this.#flush('text'));
  }

  /** What is kept, less an end that may be the beginning of the closing tag. */
  #withoutTagBegin(): string {
    for (let length = Math.min(this.#close.length - 1, this.#kept.length); length > 0; length--)
      if (this.#kept.endsWith(this.#close.slice(0, length))) return this.#kept.slice(0, -length);
    return this.#kept;
  }

  #flush(type: Thought['type']): readonly Thought[] {
    const text = this.#kept;
    this.#kept = '';
    return text === '' ? [] : [{ type, text }];
  }
}
