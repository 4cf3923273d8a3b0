/** One message, whose answer alone goes to standard output. */
import type { CommandContext } from '../context.js';
import { createPaint } from '../colours.js';
import { AnswerPrinter } from './answer-printer.js';
import { ask } from './ask.js';
import { describeReason } from './describe-end.js';
import type { Dialogue } from './dialogue.js';
import type { OpenChat } from './open-chat.js';
import { showFigures } from './show-figures.js';

export interface OnceOptions {
  readonly chat: OpenChat;
  readonly dialogue: Dialogue;
  readonly text: string;
  readonly verbose: boolean;
  /** Cancels the turn. */
  readonly signal: AbortSignal;
}

/** Rejects with the turn's fault, or the signal's reason. */
export async function answerOnce(options: OnceOptions, context: CommandContext): Promise<void> {
  const { chat, dialogue, text, verbose, signal } = options;
  const { stdout, stderr, env } = context;
  const paint = createPaint(stderr, env);
  const notice = (line: string) => stderr.write(`${paint('dim', line)}\n`);
  if (chat.isEcho) notice(chat.who);
  const printer = new AnswerPrinter({ text: stdout, reasoning: stderr }, env);
  const asked = await ask(chat.nest, dialogue.toRequest(text), printer, signal);
  switch (asked.type) {
    case 'answered': {
      const cut = describeReason(asked.reason);
      if (cut !== undefined) notice(cut);
      if (verbose) notice(showFigures(asked));
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
