/** What the model says, as `chunk` tones of the daemon's workers (src/thrum/README.md, "Chunks"). */
import type { WorkerTurn } from '../daemon/worker-turn.js';
import type { AssembledCall } from './call-assembly.js';
import { DeltaJoiner } from './delta-joiner.js';

/** What the pieces of one block are sent as. */
interface Block {
  readonly chunkType: 'reasoning_delta' | 'text_delta' | 'tool_input_delta';
  /** The field that holds the piece. */
  readonly field: 'delta' | 'partialJson';
  readonly blockIdx: number;
}

const REASONING: Block = { chunkType: 'reasoning_delta', field: 'delta', blockIdx: 0 };
const TEXT: Block = { chunkType: 'text_delta', field: 'delta', blockIdx: 1 };
const FIRST_INPUT_BLOCK = 2;

/** Blocks go on over the rounds of a turn. */
export class Voice {
  readonly #turn: Pick<WorkerTurn, 'send'>;
  readonly #joiner: DeltaJoiner<Block>;
  readonly #inputs = new Map<AssembledCall, Block>();
  #isReasoning = false;
  #hasSpoken = false;

  constructor(turn: Pick<WorkerTurn, 'send'>) {
    this.#turn = turn;
    this.#joiner = new DeltaJoiner(({ chunkType, field, blockIdx }, text) =>
      this.#chunk({ chunkType, blockIdx, [field]: text }),
    );
  }

  reason(text: string): void {
    if (!this.#isReasoning) {
      this.flush();
      this.#isReasoning = true;
      this.#chunk({ chunkType: 'reasoning_start', blockIdx: REASONING.blockIdx });
    }
    this.#joiner.push(REASONING, text);
  }

  say(text: string): void {
    this.#endReasoning();
    if (!this.#hasSpoken) this.#chunk({ chunkType: 'text_start', blockIdx: TEXT.blockIdx });
    this.#hasSpoken = true;
    this.#joiner.push(TEXT, text);
  }

  /** A call whose arguments are on their way. */
  beginInput(call: AssembledCall): void {
    this.#endReasoning();
    this.flush();
    const blockIdx = FIRST_INPUT_BLOCK + this.#inputs.size;
    const block: Block = { chunkType: 'tool_input_delta', field: 'partialJson', blockIdx };
    this.#inputs.set(call, block);
    const { callId: toolCallId, name: toolName } = call;
    this.#chunk({ chunkType: 'tool_input_start', toolCallId, toolName, blockIdx });
  }

  addInput(call: AssembledCall, text: string): void {
    const block = this.#inputs.get(call);
    if (block !== undefined) this.#joiner.push(block, text);
  }

  /** Sends what waits to be joined with more, before another tone of the turn. */
  flush(): void {
    this.#joiner.flush();
  }

  #endReasoning(): void {
    if (!this.#isReasoning) return;
    this.flush();
    this.#isReasoning = false;
    this.#chunk({ chunkType: 'reasoning_end', blockIdx: REASONING.blockIdx });
  }

  #chunk(fields: Readonly<Record<string, unknown>>): void {
    this.#turn.send({ chi: 'chunk', ...fields });
  }
}
