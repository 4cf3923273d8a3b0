/** Writes an answer as the `chunk` tones of hum's workers (src/thrum/README.md, "Chunks"). */
import type { TokenLogprob } from '../core/logprobs.js';
import type { WorkerTurn } from '../daemon/worker/turn.js';
import type { AssembledCall } from './call-assembly.js';

/** How the deltas of one block are sent. */
interface Block {
  readonly chunkType: 'reasoning_delta' | 'text_delta' | 'tool_input_delta';
  /** The field that holds the delta. */
  readonly field: 'delta' | 'partialJson';
  readonly blockIdx: number;
}

const REASONING: Block = { chunkType: 'reasoning_delta', field: 'delta', blockIdx: 0 };
const TEXT: Block = { chunkType: 'text_delta', field: 'delta', blockIdx: 1 };
const FIRST_INPUT_BLOCK = 2;

/**
 * Blocks go on over the rounds of a turn.
 *
 * humd keeps 1024 tones for a reader and drops the rest (src/thrum/README.md, "Transport"); a network read may bring hundreds of deltas. Those of
 * one block that come in one iteration of the event loop leave as one tone, in the next iteration at the latest.
 */
export class ChunkWriter {
  readonly #turn: Pick<WorkerTurn, 'send'>;
  readonly #inputs = new Map<AssembledCall, Block>();
  #pending: { readonly block: Block; text: string } | undefined;
  /** The probabilities of what is pending, and of what comes next. */
  #logprobs: TokenLogprob[] | undefined;
  #nextLogprobs: TokenLogprob[] | undefined;
  #isFlushScheduled = false;
  #isReasoning = false;
  #hasText = false;

  constructor(turn: Pick<WorkerTurn, 'send'>) {
    this.#turn = turn;
  }

  reasoning(delta: string): void {
    if (!this.#isReasoning) {
      this.#isReasoning = true;
      this.#chunk({ chunkType: 'reasoning_start', blockIdx: REASONING.blockIdx });
    }
    this.#add(REASONING, delta);
  }

  text(delta: string): void {
    this.#endReasoning();
    if (!this.#hasText) this.#chunk({ chunkType: 'text_start', blockIdx: TEXT.blockIdx });
    this.#hasText = true;
    this.#add(TEXT, delta);
  }

  /** Begins the input of a call, which may be streamed. */
  beginInput(call: AssembledCall): void {
    this.#endReasoning();
    const blockIdx = FIRST_INPUT_BLOCK + this.#inputs.size;
    this.#inputs.set(call, { chunkType: 'tool_input_delta', field: 'partialJson', blockIdx });
    const { callId: toolCallId, name: toolName } = call;
    this.#chunk({ chunkType: 'tool_input_start', toolCallId, toolName, blockIdx });
  }

  input(call: AssembledCall, delta: string): void {
    const block = this.#inputs.get(call);
    if (block !== undefined) this.#add(block, delta);
  }

  /** Those of the delta that comes next. */
  logprobs(tokens: readonly TokenLogprob[]): void {
    this.#nextLogprobs ??= [];
    this.#nextLogprobs.push(...tokens);
  }

  /** Sends what is left at the end of an answer. */
  end(): void {
    this.flush();
    const logprobs = this.#nextLogprobs;
    this.#nextLogprobs = undefined;
    if (logprobs !== undefined)
      this.#turn.send({
        chi: 'chunk',
        chunkType: 'text_delta',
        blockIdx: TEXT.blockIdx,
        delta: '',
        ...toField(logprobs),
      });
  }

  /** Sends the deltas that wait to be joined; called before another tone of the turn is sent. */
  flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return;
    const { chunkType, blockIdx, field } = pending.block;
    const logprobs = this.#logprobs;
    if (logprobs === undefined) {
      this.#turn.send({ chi: 'chunk', chunkType, blockIdx, [field]: pending.text });
      return;
    }
    this.#logprobs = undefined;
    this.#turn.send({ chi: 'chunk', chunkType, blockIdx, [field]: pending.text, ...toField(logprobs) });
  }

  #add(block: Block, delta: string): void {
    if (this.#pending?.block === block) {
      this.#pending.text += delta;
      if (this.#nextLogprobs !== undefined) this.#takeLogprobs(this.#nextLogprobs);
      return;
    }
    this.flush();
    this.#pending = { block, text: delta };
    if (this.#nextLogprobs !== undefined) this.#takeLogprobs(this.#nextLogprobs);
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => {
      this.#isFlushScheduled = false;
      this.flush();
    });
  }

  #takeLogprobs(tokens: TokenLogprob[]): void {
    if (this.#logprobs === undefined) this.#logprobs = tokens;
    else this.#logprobs.push(...tokens);
    this.#nextLogprobs = undefined;
  }

  #endReasoning(): void {
    if (!this.#isReasoning) return;
    this.#isReasoning = false;
    this.#chunk({ chunkType: 'reasoning_end', blockIdx: REASONING.blockIdx });
  }

  #chunk(fields: Readonly<Record<string, unknown>>): void {
    this.flush();
    this.#turn.send({ chi: 'chunk', ...fields });
  }
}

/** As text: humd would sort their keys. */
function toField(tokens: readonly TokenLogprob[]): { readonly logprobs: string } {
  return { logprobs: JSON.stringify(tokens) };
}
