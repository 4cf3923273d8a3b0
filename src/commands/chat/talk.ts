/** A conversation with a model, from the first line to the last. */
import { Fault } from '../../core/fault.js';
import { toModelStatus } from '../../hive/model-status.js';
import { findNearest } from '../../hive/nearest.js';
import { columnsOf, createPaint, type Paint, type Piece, showLine } from '../terminal-text.js';
import type { CommandContext } from '../context.js';
import { toModelTable } from '../models/show-models.js';
import { toPrintable } from '../../core/printable.js';
import { AnswerPrinter } from './answer-printer.js';
import { ask, describeCost, describeFault, describeFigures, describeReason } from './ask.js';
import { chooseModel, type OpenChat } from './open-chat.js';
import type { Dialogue } from './dialogue.js';
import { CHAT_COMMANDS, CHAT_HELP, Draft, type ChatInput } from './input.js';
import { LineHistory } from './line-history.js';
import { LineInput } from './line-input.js';
import { describeImages, type MessageParts, readMessageImages } from './message-images.js';
import { Progress } from './progress.js';

export interface TalkOptions {
  readonly chat: OpenChat;
  readonly dialogue: Dialogue;
  readonly verbose: boolean;
  /** Where typed lines are kept. */
  readonly historyPath: string;
  /** Ends the conversation. */
  readonly signal: AbortSignal;
}

const PROMPT = '>>> ';
const PROMPT_WITHIN_QUOTES = '... ';

export class Talk {
  readonly #options: TalkOptions;
  readonly #context: CommandContext;
  readonly #input: LineInput;
  readonly #paint: Paint;
  readonly #printer: AnswerPrinter;
  #turn: AbortController | undefined;
  #hasFailed = false;

  constructor(options: TalkOptions, context: CommandContext) {
    this.#options = options;
    this.#context = context;
    const { stdin, stdout, stderr, env } = context;
    this.#input = new LineInput({
      stdin,
      stdout,
      history: new LineHistory(options.historyPath),
      models: () => options.chat.nest.models().map(({ id }) => toPrintable(id)),
      onInterrupt: () => this.#turn?.abort(),
    });
    this.#paint = createPaint(this.#input.isTerminal ? stdout : stderr, env);
    const progress = this.#input.isTerminal ? new Progress(stdout, env) : undefined;
    this.#printer = new AnswerPrinter(
      { text: stdout, reasoning: stdout.isTTY ? stdout : stderr },
      env,
      progress,
    );
  }

  /** False where a message of a pipe was not answered; in a terminal its user has seen that. */
  async run(): Promise<boolean> {
    const { chat, dialogue, signal } = this.#options;
    const end = () => {
      this.#turn?.abort();
      this.#input.close();
    };
    signal.addEventListener('abort', end);
    const draft = new Draft();
    try {
      if (this.#input.isTerminal)
        this.#notice(`${toPrintable(dialogue.model)}, ${chat.who}. /help lists what can be typed.`);
      else if (chat.isEcho) this.#notice(chat.who);
      while (!signal.aborted) {
        const line = await this.#input.next(draft.isOpen ? PROMPT_WITHIN_QUOTES : PROMPT);
        if (line.type === 'line') {
          const typed = draft.add(line.text);
          if (typed?.type === 'bye') break;
          if (typed !== undefined) await this.#handle(typed);
        } else if (line.type === 'interrupt' && draft.isOpen) {
          draft.drop();
        } else {
          break;
        }
      }
      return this.#input.isTerminal || !this.#hasFailed;
    } finally {
      signal.removeEventListener('abort', end);
      this.#input.close();
    }
  }

  async #handle(typed: Exclude<ChatInput, { type: 'bye' }>): Promise<void> {
    const { chat, dialogue } = this.#options;
    switch (typed.type) {
      case 'nothing':
        return;
      case 'message':
        return this.#sendMessage(typed.text);
      case 'system':
        dialogue.system = typed.text;
        return this.#notice(typed.text === '' ? 'no instruction' : 'the instruction is set');
      case 'model':
        return this.#switchModel(typed.name);
      case 'models':
        for (const line of listChatModels(chat))
          this.#context.stdout.write(`${showLine(line, columnsOf(this.#context.stdout), this.#paint)}\n`);
        return;
      case 'clear':
        dialogue.clear();
        return this.#notice('what was said is forgotten');
      case 'help':
        this.#context.stdout.write(CHAT_HELP);
        return;
      case 'unknown': {
        const nearest = findNearest(typed.command, CHAT_COMMANDS) ?? '/help';
        return this.#error(`there is no command ${typed.command}; did you mean ${nearest}?`);
      }
      default:
        typed satisfies never;
    }
  }

  async #sendMessage(text: string): Promise<void> {
    const { chat, dialogue, verbose } = this.#options;
    const message = this.#readImages(text);
    if (message === undefined) return;
    const { parts, images } = message;
    if (images.length > 0) this.#notice(describeImages(images));
    const turn = new AbortController();
    this.#turn = turn;
    const asked = await ask(chat, dialogue.toRequest(parts), this.#printer, turn.signal);
    this.#turn = undefined;
    switch (asked.type) {
      case 'answered': {
        dialogue.keep(parts, asked.text);
        const cut = describeReason(asked.reason);
        if (cut !== undefined) this.#notice(cut);
        if (verbose) this.#notice(describeFigures(asked));
        else if (this.#input.isTerminal) this.#notice(describeCost(asked));
        break;
      }
      case 'cancelled':
        // The model should know what the next message may be about.
        if (asked.text !== '') dialogue.keep(parts, asked.text);
        this.#notice('stopped');
        break;
      case 'failed':
        this.#error(describeFault(asked.fault));
        break;
      default:
        asked satisfies never;
    }
    if (this.#input.isTerminal) this.#context.stdout.write('\n');
  }

  /** What a pipe brings was not typed: what looks like a path in it is none. Undefined where that was said to be wrong. */
  #readImages(text: string): MessageParts | undefined {
    if (!this.#input.isTerminal) return { parts: [{ type: 'text', text }], images: [] };
    try {
      return readMessageImages(text);
    } catch (error) {
      this.#error(describeFault(Fault.from(error)));
      return undefined;
    }
  }

  async #switchModel(name: string): Promise<void> {
    const { chat, dialogue } = this.#options;
    try {
      if (name !== '') dialogue.model = await chooseModel(name, chat);
      this.#notice(toPrintable(dialogue.model));
    } catch (error) {
      this.#error(describeFault(Fault.from(error)));
    }
  }

  /** In a pipe, standard output is for answers. */
  #notice(text: string): void {
    const { stdout, stderr } = this.#context;
    (this.#input.isTerminal ? stdout : stderr).write(`${this.#paint('dim', text)}\n`);
  }

  #error(text: string): void {
    this.#hasFailed = true;
    const { stderr, env } = this.#context;
    stderr.write(`${createPaint(stderr, env)('red', 'error:')} ${text}\n`);
  }
}

function listChatModels({ nest, catalogue, configured }: OpenChat): readonly (readonly Piece[])[] {
  const roster = nest.link() === 'up' ? catalogue.roster : undefined;
  return toModelTable(toModelStatus(nest.models(), configured, roster));
}
