/** One message, whose answer alone goes to standard output. */
import type { ReadStream } from 'node:tty';
import { Fault } from '../../core/fault.js';
import { createPaint } from '../colours.js';
import type { CommandContext } from '../context.js';
import { AnswerPrinter } from './answer-printer.js';
import { ask } from './ask.js';
import { describeReason, describeFigures } from './describe-end.js';
import type { Dialogue } from './dialogue.js';
import { describeImages, type MessageParts, readMessageImages } from './message-images.js';
import type { OpenChat } from './open-chat.js';
import { Progress } from './progress.js';

export interface OnceOptions {
  readonly chat: OpenChat;
  readonly dialogue: Dialogue;
  readonly text: string;
  /** False for a text that nobody has typed: what looks like a path in it is none. */
  readonly takesImages: boolean;
  readonly verbose: boolean;
  /** Cancels the turn. */
  readonly signal: AbortSignal;
}

/** Rejects with the turn's fault, or the signal's reason. */
export async function answerOnce(options: OnceOptions, context: CommandContext): Promise<void> {
  const { chat, dialogue, text, takesImages, verbose, signal } = options;
  const { stdout, stderr, env } = context;
  const paint = createPaint(stderr, env);
  const notice = (line: string) => stderr.write(`${paint('dim', line)}\n`);
  if (chat.isEcho) notice(chat.who);
  const typed: MessageParts = takesImages
    ? readMessageImages(text)
    : { parts: [{ type: 'text', text }], images: [] };
  const { parts, images } = typed;
  if (images.length > 0) notice(describeImages(images));
  const progress = stdout.isTTY ? new Progress(stderr, env) : undefined;
  const printer = new AnswerPrinter({ text: stdout, reasoning: stderr }, env, progress);
  const asked = await ask(chat, dialogue.toRequest(parts), printer, signal);
  switch (asked.type) {
    case 'answered': {
      const cut = describeReason(asked.reason);
      if (cut !== undefined) notice(cut);
      if (verbose) notice(describeFigures(asked));
      return;
    }
    case 'cancelled':
      throw signal.reason;
    case 'failed':
      throw asked.fault;
    default:
      asked satisfies never;
  }
}

/** Stands for standard input. */
export const STANDARD_INPUT = '-';
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
