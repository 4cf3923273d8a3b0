/** Reads one chat completion, streamed or whole: writes what comes, and returns what the next request needs. */
import { Fault } from '../core/fault.js';
import { isJsonObject, type JsonObject, parseJson } from '../core/json-object.js';
import { END_OF_STREAM } from './api.js';
import { type AssembledCall, CallAssembly } from './call-assembly.js';
import type { ChunkWriter } from './chunk-writer.js';
import { readContent, type ReasoningField, readReasoning } from './content-pieces.js';
import { type Thought, ThinkSplitter } from './think-tags.js';
import { type TokenCounts, toTokenCounts } from './token-counts.js';
import { readLogprobs } from './read-logprobs.js';
import { errorOf } from './upstream-fault.js';

export interface Answer {
  readonly text: string;
  readonly reasoning: string;
  /** The name by which its thoughts came; undefined where they came by none. */
  readonly reasoningField: ReasoningField | undefined;
  /** Those whose arguments are whole. */
  readonly calls: readonly AssembledCall[];
  /** hum's word for how it ended. */
  readonly finishReason: 'stop' | 'length' | 'content_filter';
  /** Undefined where the server did not count. */
  readonly counts: TokenCounts | undefined;
}

export interface ReadOptions {
  /** Whether `<think>` at the beginning of the text is looked for. */
  readonly splitsThoughts: boolean;
  /** Whether the text begins with thoughts where it does not begin with `<think>`. */
  readonly beginsInThoughts: boolean;
  /** How many tokens the answer may have, as the server was told; undefined for no limit. */
  readonly maxTokens: number | undefined;
  /** Called whenever something comes. @param isSilent it says nothing but that the server is there */
  readonly onValues: (isSilent: boolean) => void;
  /** Resolves when more may be read; undefined where it may at once. The server has to wait meanwhile. */
  readonly whenRoom: () => Promise<void> | undefined;
}

/** A longer answer is taken for one without end. */
const MAX_ANSWER_CHARACTERS = 32 * 2 ** 20;
/** So many values in a row that bring nothing of an answer are not going to. */
const MAX_EMPTY_VALUES = 100_000;

/** Rejects as the stream does, with the error that the stream holds, and with a `worker-error` for one that ends before its answer does. */
export async function readAnswer(
  batches: AsyncIterable<readonly unknown[]>,
  writer: ChunkWriter,
  { splitsThoughts, beginsInThoughts, maxTokens, onValues, whenRoom }: ReadOptions,
): Promise<Answer> {
  const splitter = splitsThoughts ? new ThinkSplitter(beginsInThoughts) : undefined;
  const reader = new AnswerReader(writer, splitter, maxTokens);
  for await (const batch of batches) {
    onValues(batch.length === 0);
    for (const value of batch) reader.read(value);
    for (let room = whenRoom(); room !== undefined; room = whenRoom()) await room;
  }
  return reader.end();
}

class AnswerReader {
  readonly #writer: ChunkWriter;
  readonly #assembly = new CallAssembly();
  readonly #splitter: ThinkSplitter | undefined;
  readonly #maxTokens: number | undefined;
  #text = '';
  #reasoning = '';
  #reasoningField: ReasoningField | undefined;
  #characters = 0;
  #emptyValues = 0;
  #finishReason: string | undefined;
  #counts: TokenCounts | undefined;
  #hasAnswer = false;
  /** It came in pieces: a whole message behind them repeats it. */
  #hasPieces = false;
  #isDone = false;

  constructor(writer: ChunkWriter, splitter: ThinkSplitter | undefined, maxTokens: number | undefined) {
    this.#maxTokens = maxTokens;
    this.#writer = writer;
    this.#splitter = splitter;
  }

  read(value: unknown): void {
    if (value === END_OF_STREAM) {
      this.#isDone = true;
      return;
    }
    const before = this.#characters;
    this.#readValue(value);
    this.#emptyValues = this.#characters > before ? 0 : this.#emptyValues + 1;
    if (this.#emptyValues > MAX_EMPTY_VALUES || this.#characters > MAX_ANSWER_CHARACTERS)
      throw new Fault('worker-error', 'the upstream says too much');
  }

  #readValue(value: unknown): void {
    if (!isJsonObject(value)) return;
    const error = errorOf(value);
    if (error !== undefined) throw error;
    const choice = firstChoice(value['choices']);
    this.#counts = toTokenCounts(value, choice) ?? this.#counts;
    if (choice === undefined) return;
    const failure = choice['error'] == null ? undefined : errorOf({ choices: [], error: choice['error'] });
    if (failure !== undefined) throw failure;
    this.#hasAnswer = true;
    const { finish_reason: given, finishReason: otherwise, delta, message, text } = choice;
    // Google's name stands beside OpenAI's where that is null.
    const reason = given ?? otherwise;
    if (choice['logprobs'] != null) this.#readLogprobs(choice);
    if (isJsonObject(delta)) {
      this.#hasPieces = true;
      this.#readMessage(delta);
    } else if (isJsonObject(message)) {
      if (!this.#hasPieces || this.#characters === 0) this.#readMessage(message);
      // A whole answer has no end but its own.
      this.#isDone = true;
    } else if (typeof text === 'string') this.#addText(text);
    if (typeof reason === 'string' && reason !== '') this.#finishReason = reason;
  }

  end(): Answer {
    this.#write(this.#splitter?.end() ?? []);
    this.#writer.end();
    const ending = this.#end();
    const calls = this.#assembly.calls;
    // vLLM ends a stream on calls also where the last of them was cut.
    const isCut = ending === 'stop' && calls.some(({ input }) => isBegun(input)) && this.#isFull();
    const finishReason = isCut ? 'length' : ending;
    return {
      text: this.#text,
      reasoning: this.#reasoning,
      reasoningField: this.#reasoningField,
      // Half a call is none.
      calls: finishReason === 'length' ? calls.filter(({ input }) => isObjectText(input)) : calls,
      finishReason,
      counts: this.#counts,
    };
  }

  #isFull(): boolean {
    const { completion = 0 } = this.#counts ?? {};
    return this.#maxTokens !== undefined && completion >= this.#maxTokens;
  }

  #readMessage(message: JsonObject): void {
    const reasoning = readReasoning(message);
    if (reasoning !== undefined) {
      this.#reasoningField ??= reasoning.field;
      this.#write(this.#splitter?.giveUp() ?? []);
      this.#addReasoning(reasoning.text);
    }
    const content = readContent(message);
    if (content.reasoning !== '' && reasoning === undefined) this.#addReasoning(content.reasoning);
    if (content.text !== '') this.#addText(content.text);
    const { tool_calls: calls, function_call: legacy } = message;
    if (isJsonObject(legacy)) this.#readCall({ index: 0, function: legacy });
    for (const call of Array.isArray(calls) ? calls : [calls]) this.#readCall(call);
  }

  #readLogprobs(choice: JsonObject): void {
    const tokens = readLogprobs(choice);
    if (tokens.length > 0) this.#writer.logprobs(tokens);
  }

  #readCall(entry: unknown): void {
    const piece = this.#assembly.add(entry);
    if (piece === undefined) return;
    if (piece.isNew) {
      this.#write(this.#splitter?.giveUp() ?? []);
      this.#writer.beginInput(piece.call);
    }
    if (piece.text !== '') this.#writer.input(piece.call, piece.text);
    this.#characters += piece.text.length;
  }

  #addText(text: string): void {
    this.#write(this.#splitter?.push(text) ?? [{ type: 'text', text }]);
  }

  #write(pieces: readonly Thought[]): void {
    for (const { type, text } of pieces) {
      if (type === 'reasoning') this.#addReasoning(text);
      else {
        this.#text += text;
        this.#characters += text.length;
        this.#writer.text(text);
      }
    }
  }

  #addReasoning(text: string): void {
    this.#reasoning += text;
    this.#characters += text.length;
    this.#writer.reasoning(text);
  }

  #end(): Answer['finishReason'] {
    const reason = this.#finishReason?.toLowerCase();
    // Some servers end their stream as one should, and say no more.
    if (reason === undefined && this.#isDone && this.#hasAnswer) return 'stop';
    switch (reason) {
      case undefined:
        throw new Fault('worker-error', 'the upstream broke off its answer');
      case 'error':
      case 'abort':
      case 'network_error':
      case 'insufficient_system_resource':
        throw new Fault('worker-error', `the upstream ended its answer with an error (${reason})`);
      case 'length':
      case 'max_tokens':
      case 'model_length':
        return 'length';
      case 'content_filter':
      case 'content-filter':
      case 'safety':
      case 'sensitive':
      case 'refusal':
        return 'content_filter';
      default:
        return 'stop';
    }
  }
}

/** Arguments that are no object, and not what servers write for none. */
function isBegun(input: string): boolean {
  return input.trim() !== '' && input.trim() !== 'null' && !isObjectText(input);
}

/** That of one answer; others were not asked for. */
function firstChoice(choices: unknown): JsonObject | undefined {
  if (!Array.isArray(choices)) return undefined;
  for (const choice of choices)
    if (isJsonObject(choice) && (choice['index'] == null || choice['index'] === 0)) return choice;
  return undefined;
}

function isObjectText(text: string): boolean {
  return isJsonObject(parseJson(text));
}
