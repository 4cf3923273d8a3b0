/** Keeps the lines that were typed, for the next chat: in a file that only this user can read. */
import { appendFileSync, chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../core/make-folder.js';

/** Lines; the file may have twice as many before it is cut. */
export const MAX_KEPT_LINES = 1_000;
/** A longer line is not kept. */
const MAX_LINE_CHARACTERS = 10_000;
const OWNER_ONLY = 0o600;

/** What cannot be read or written is no reason to end a chat: then nothing is kept. */
export class LineHistory {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The latest line first. */
  load(): string[] {
    let lines: string[];
    try {
      chmodSync(this.#path, OWNER_ONLY);
      lines = readFileSync(this.#path, 'utf8').split('\n').filter(isKept);
    } catch {
      // The first chat, or a file that is not ours.
      return [];
    }
    if (lines.length > 2 * MAX_KEPT_LINES) this.#replace(lines.slice(-MAX_KEPT_LINES));
    return lines.slice(-MAX_KEPT_LINES).reverse();
  }

  /** Adds to what other chats have kept meanwhile. */
  add(line: string): void {
    if (!isKept(line)) return;
    try {
      makeFolder(dirname(this.#path), 0o700);
      appendFileSync(this.#path, `${line}\n`, { mode: OWNER_ONLY });
    } catch {
      // See above.
    }
  }

  #replace(lines: readonly string[]): void {
    const temporary = `${this.#path}.${process.pid}`;
    try {
      writeFileSync(temporary, lines.map((line) => `${line}\n`).join(''), { mode: OWNER_ONLY, flag: 'wx' });
      renameSync(temporary, this.#path);
    } catch {
      rmSync(temporary, { force: true });
    }
  }
}

function isKept(line: string): boolean {
  return line.trim() !== '' && line.length <= MAX_LINE_CHARACTERS;
}
