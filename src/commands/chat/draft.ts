/** Puts lines together to what is typed: one line, or several between triple quotes. */
import { readTyped, type Typed } from './typed.js';

const QUOTES = '"""';
const OPENING = /^\s*(\/system\s+)?"""([\s\S]*)$/;

export class Draft {
  /** The lines between the quotes so far; undefined outside of them. */
  #quoted: string[] | undefined;
  #isSystem = false;

  /** True between the quotes. */
  get isOpen(): boolean {
    return this.#quoted !== undefined;
  }

  /** Undefined until the closing quotes have come. What stands between quotes is no command. */
  add(line: string): Typed | undefined {
    if (this.#quoted !== undefined) return this.#continue(this.#quoted, line);
    const [, system, rest] = OPENING.exec(line) ?? [];
    if (rest === undefined) return readTyped(line);
    this.#isSystem = system !== undefined;
    this.#quoted = [];
    // An opening line with nothing behind its quotes is no line of the text.
    return rest === '' ? undefined : this.#continue(this.#quoted, rest);
  }

  /** Takes back what stands between the quotes so far. */
  drop(): void {
    this.#quoted = undefined;
  }

  #continue(quoted: string[], line: string): Typed | undefined {
    const end = line.trimEnd();
    if (!end.endsWith(QUOTES)) {
      quoted.push(line);
      return undefined;
    }
    const last = end.slice(0, -QUOTES.length);
    const text = [...quoted, ...(last === '' ? [] : [last])].join('\n');
    this.#quoted = undefined;
    if (this.#isSystem) return { type: 'system', text };
    return text.trim() === '' ? { type: 'nothing' } : { type: 'message', text };
  }
}
