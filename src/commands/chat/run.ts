/** The command `chat`: talks with a model in the terminal, or answers one message on standard output. */
import type { ReadStream } from 'node:tty';
import { Fault } from '../../core/fault.js';
import { chatHistoryPath } from '../../hive/paths.js';
import type { ChatInvocation } from '../../run/command-line/invocation.js';
import type { CommandContext } from '../context.js';
import { createPaint } from '../terminal-text.js';
import { AnswerPrinter } from './answer-printer.js';
import { ask, describeFault, describeFigures, describeReason } from './ask.js';
import { chooseModel, openChat, type OpenChat } from './open-chat.js';
import { Dialogue } from './dialogue.js';
import { describeImages, type MessageParts, readMessageImages } from './message-images.js';
import { Progress } from './progress.js';
import { Talk } from './talk.js';

/** What a shell gives for a command that SIGINT ended. */
const EXIT_INTERRUPTED = 130;
/** Stands for standard input. */
const STANDARD_INPUT = '-';
/** More than any model reads. */
const MAX_CHARACTERS = 32 * 2 ** 20;

/** Resolves with the exit code: 1 if something was not answered. */
export async function runChat(invocation: ChatInvocation, context: CommandContext): Promise<number> {
  const { model, once, system = '', verbose } = invocation;
  const interrupt = new AbortController();
  const { signal } = interrupt;
  let stopListening: (() => void) | undefined;
  try {
    const text = once === undefined ? undefined : await readMessageText(once, context.stdin);
    stopListening = context.onInterrupt(() => interrupt.abort());
    const progress = new Progress(context.stderr, context.env);
    progress.start('looking for humd …');
    const chat = await openChat(invocation, context, signal).finally(() => progress.stop());
    try {
      const dialogue = new Dialogue(await chooseModel(model, chat), system);
      if (text !== undefined) {
        const takesImages = once !== STANDARD_INPUT;
        await answerOnce({ chat, dialogue, text, takesImages, verbose, signal }, context);
        return 0;
      }
      const historyPath = chatHistoryPath(context.env);
      const isAnswered = await new Talk({ chat, dialogue, verbose, historyPath, signal }, context).run();
      if (signal.aborted) return EXIT_INTERRUPTED;
      return isAnswered ? 0 : 1;
    } finally {
      await chat.close();
    }
  } catch (error) {
    if (signal.aborted) return EXIT_INTERRUPTED;
    if (!(error instanceof Fault)) throw error;
    context.stderr.write(`thrum-bridge: ${describeFault(error)}\n`);
    return 1;
  } finally {
    stopListening?.();
  }
}

interface OnceOptions {
  readonly chat: OpenChat;
  readonly dialogue: Dialogue;
  readonly text: string;
  /** False for a text that nobody has typed: what looks like a path in it is none. */
  readonly takesImages: boolean;
  readonly verbose: boolean;
  /** Cancels the turn. */
  readonly signal: AbortSignal;
}

/** Only the answer goes to standard output. Rejects with the turn's fault, or the signal's reason. */
async function answerOnce(options: OnceOptions, context: CommandContext): Promise<void> {
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

/** Rejects with `bad-request` for a message that says nothing, and `body-too-large`. */
async function readMessageText(once: string, stdin: ReadStream): Promise<string> {
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
