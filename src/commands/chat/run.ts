/** The command `chat`: talks with a model in the terminal. */
import { Fault } from '../../core/fault.js';
import { chatHistoryPath } from '../../hive/paths.js';
import type { ChatInvocation } from '../../run/command-line/invocation.js';
import type { CommandContext } from '../context.js';
import { chooseModel } from './choose-model.js';
import { describeFault } from './describe-end.js';
import { Dialogue } from './dialogue.js';
import { answerOnce, readMessageText, STANDARD_INPUT } from './once.js';
import { openChat } from './open-chat.js';
import { Progress } from './progress.js';
import { Talk } from './talk.js';

/** What a shell gives for a command that SIGINT ended. */
const EXIT_INTERRUPTED = 130;

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
