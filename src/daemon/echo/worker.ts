/** A stand-in for a worker: answers a prompt with its own text, or plays the script in it. No model is asked. */
import { TurnBudget } from '../worker/turn-budget.js';
import type { WorkerTurn } from '../worker/turn.js';
import { startWorkerBee, type WorkerBee, type WorkerBeeOptions } from '../worker/worker-bee.js';
import { ChunkDialect, toSessionReady } from './dialect.js';
import { playScript } from './play-script.js';
import { parseScript } from './script.js';

/** What a worker bee takes, without the handler; the hive is `echo` unless another is given. */
export type EchoWorkerOptions = Omit<WorkerBeeOptions, 'onPrompt' | 'hive' | 'models'> &
  Partial<Pick<WorkerBeeOptions, 'hive' | 'models'>>;

const HIVE = 'echo';
const ECHO_MODEL = 'echo';

/** Serves the model `echo` and all of `models`. Resolves when it stands in bees.json. */
export function startEchoWorker({ models = [], ...options }: EchoWorkerOptions): Promise<WorkerBee> {
  const budget = new TurnBudget();
  return startWorkerBee({
    hive: HIVE,
    ...options,
    models: [...new Set([ECHO_MODEL, ...models])],
    async onPrompt(turn) {
      const prompt = String(turn.prompt['content'] ?? turn.prompt['text'] ?? '');
      const message = toMessageToAnswer(prompt);
      const script = parseScript(message);
      if (script === undefined) await answerWithEcho({ prompt, message }, turn, budget);
      else await playScript(script, turn);
    },
  });
}

const CHARS_PER_TOKEN = 4;
const REASONING = 'Echoing what I was told.';
const WORD = /\s*\S+/g;

/** Answers word by word. @param prompt the whole text of the prompt, @param message the part to answer */
export async function answerWithEcho(
  { prompt, message }: { readonly prompt: string; readonly message: string },
  turn: WorkerTurn,
  budget: TurnBudget,
): Promise<void> {
  const sampling = turn.prompt['sampling'];
  const maxTokens = toMaxTokens(sampling);
  const dialect = new ChunkDialect(turn);
  turn.send(toSessionReady(turn));
  if (wantsReasoning(sampling)) await dialect.reasoning([REASONING]);
  let words = 0;
  let characters = 0;
  let isCut = false;
  for (const word of toWords(message)) {
    isCut = maxTokens !== undefined && words >= maxTokens;
    if (isCut) break;
    const place = budget.take();
    if (place !== undefined) await place;
    const room = turn.whenRoom();
    if (room !== undefined) await room;
    if (turn.signal.aborted) return;
    dialect.text(word);
    words++;
    characters += word.length;
  }
  turn.send({
    chi: 'finish',
    finishReason: isCut ? 'max_tokens' : 'stop',
    usage: { input_tokens: toTokens(prompt.length), output_tokens: toTokens(characters) },
  });
}

/** Joined they give exactly the text. One is looked for when it is asked for: a text may be long. */
function* toWords(text: string): Generator<string> {
  // White space with no word behind it would be tried from each of its characters.
  const end = text.trimEnd().length;
  let last = '';
  for (const [word] of text.slice(0, end).matchAll(WORD)) {
    if (last !== '') yield last;
    last = word;
  }
  if (text !== '') yield last + text.slice(end);
}

function toTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / CHARS_PER_TOKEN));
}

/** Undefined for no limit; a negative number is none, as for Ollama's `num_predict`. */
function toMaxTokens(sampling: unknown): number | undefined {
  if (typeof sampling !== 'object' || sampling === null || !('maxTokens' in sampling)) return undefined;
  const { maxTokens } = sampling;
  return typeof maxTokens === 'number' && maxTokens >= 0 ? maxTokens : undefined;
}

function wantsReasoning(sampling: unknown): boolean {
  if (typeof sampling !== 'object' || sampling === null || !('reasoningEffort' in sampling)) return false;
  return sampling.reasoningEffort != null && sampling.reasoningEffort !== 'none';
}

const TURN_START = /^<turn role=[^>]*>\n?/m;
const TURN_END = '</turn>\n';
/** A `<turn` in a message carries one more backslash in the transcript than in the message. */
const ESCAPED_TURN = /<\\(?=\\*\/?\s*turn)/gi;

const SYSTEM_TURN = '<turn role="system">';

/**
 * The last message of the user in the text of a prompt: the part after the last turn of a transcript or, if that is empty, inside the last
 * that is not the system's. Any other text as it is.
 */
export function toMessageToAnswer(text: string): string {
  if (!TURN_START.test(text)) return text;
  const end = lastTurnEnd(text);
  if (end === -1) return text;
  const after = text.slice(end + TURN_END.length).replace(/^\n/, '');
  return (after === '' ? insideOfLastTurn(text.slice(0, end)) : after).replace(ESCAPED_TURN, '<');
}

/** Where the last line `</turn>` begins, or -1. */
function lastTurnEnd(text: string): number {
  return `\n${text}\n`.lastIndexOf(`\n${TURN_END}`);
}

/** The last turn that is not the system's; where there is none, the first. @param text a transcript up to its last `</turn>` */
function insideOfLastTurn(text: string): string {
  let end = text.length;
  let start = text.lastIndexOf('\n<turn role=') + 1;
  while (text.startsWith(SYSTEM_TURN, start) && text.endsWith(TURN_END, start)) {
    end = start - TURN_END.length;
    start = text.lastIndexOf('\n<turn role=', end) + 1;
  }
  return text.slice(start, end).replace(TURN_START, '').replace(/\n$/, '');
}
