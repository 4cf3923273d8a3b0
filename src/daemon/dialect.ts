/**
 * How a worker's text, reasoning and tool calls look as `chunk` tones, in each of the two dialects of
 * src/thrum/README.md, "Chunks".
 */
import type { WorkerTurn } from './worker-turn.js';

export interface Dialect {
  reason(deltas: readonly string[]): void;
  say(delta: string): void;
  /** Text after a tool ran: it goes on in the block of the text before. */
  sayMore(delta: string): void;
}

const REASONING_BLOCK = 0;
const TEXT_BLOCK = 1;

export class ChunkDialect implements Dialect {
  readonly #turn: WorkerTurn;
  #started = false;

  constructor(turn: WorkerTurn) {
    this.#turn = turn;
  }

  reason(deltas: readonly string[]): void {
    if (deltas.length === 0) return;
    this.#chunk('reasoning_start', REASONING_BLOCK);
    for (const delta of deltas) this.#chunk('reasoning_delta', REASONING_BLOCK, delta);
    this.#chunk('reasoning_end', REASONING_BLOCK);
  }

  say(delta: string): void {
    if (!this.#started) this.#chunk('text_start', TEXT_BLOCK);
    this.#started = true;
    this.sayMore(delta);
  }

  sayMore(delta: string): void {
    this.#chunk('text_delta', TEXT_BLOCK, delta);
  }

  #chunk(chunkType: string, blockIdx: number, delta?: string): void {
    this.#turn.send({ chi: 'chunk', chunkType, blockIdx, ...(delta !== undefined && { delta }) });
  }
}

export class PartDialect implements Dialect {
  readonly #turn: WorkerTurn;
  #index = 0;

  constructor(turn: WorkerTurn) {
    this.#turn = turn;
  }

  reason(deltas: readonly string[]): void {
    for (const text of deltas) this.#part({ type: 'reasoning', text });
  }

  say(text: string): void {
    this.#part({ type: 'text', text });
  }

  sayMore(text: string): void {
    this.say(text);
  }

  toolUse(id: string, name: string, input: unknown): void {
    this.#part({ type: 'tool_use', toolCall: { id, name, input } });
  }

  #part(part: Readonly<Record<string, unknown>>): void {
    this.#turn.send({ chi: 'chunk', index: this.#index++, part });
  }
}
