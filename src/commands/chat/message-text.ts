/** The message of `--once`. */
import type { ReadStream } from 'node:tty';
import { Fault } from '../../core/fault.js';

/** Stands for standard input. */
const STANDARD_INPUT = '-';
/** More than any model reads. */
const MAX_CHARACTERS = 32 * 2 ** 20;

/** Rejects with `bad-request` for a message that says nothing, and `body-too-large`. */
export async function readMessageText(once: string, stdin: ReadStream): Promise<string> {
  const text = once === STANDARD_INPUT ? await readAll(stdin) : once;
  if (text.trim() !== '') return text;
  const what = once === STANDARD_INPUT ? 'standard input' : 'the text after --once';
  throw new Fault('bad-request', `there is nothing to answer: ${what} is empty`);
}

async function readAll(stdin: ReadStream): Promise<string> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > MAX_CHARACTERS)
      throw new Fault('body-too-large', `standard input is longer than ${MAX_CHARACTERS} characters`);
  }
  return text;
}
