/**
 * The tones of an answer: its start, and text, reasoning and tool calls in each of the two dialects of src/thrum/README.md,
 * "Chunks".
 */
import type { Tone } from '../../thrum/link/tone-codec.js';
import type { WorkerTurn } from '../worker/turn.js';

/** The first tone of every answer. */
export function toSessionReady({ prompt, sid }: WorkerTurn): Tone {
  return { chi: 'session-ready', nestId: `nest-${sid}`, model: prompt['modelId'] ?? '', tools: [] };
}

export interface Dialect {
  reasoning(deltas: readonly string[]): Promise<void>;
  text(delta: string): void;
  /** Text after a tool ran: it goes on in the block of the text before. */
  moreText(delta: string): void;
}

const REASONING_BLOCK = 0;
const TEXT_BLOCK = 1;

export class ChunkDialect implements Dialect {
  readonly #turn: WorkerTurn;
  #started = false;

  constructor(turn: WorkerTurn) {
    this.#turn = turn;
  }

  async reasoning(deltas: readonly string[]): Promise<void> {
    if (deltas.length === 0) return;
    this.#chunk('reasoning_start', REASONING_BLOCK);
    for (const delta of deltas) {
      const room = this.#turn.whenRoom();
      if (room !== undefined) await room;
      this.#chunk('reasoning_delta', REASONING_BLOCK, delta);
    }
    this.#chunk('reasoning_end', REASONING_BLOCK);
  }

  text(delta: string): void {
    if (!this.#started) this.#chunk('text_start', TEXT_BLOCK);
    this.#started = true;
    this.moreText(delta);
  }

  moreText(delta: string): void {
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

  async reasoning(deltas: readonly string[]): Promise<void> {
    for (const text of deltas) {
      const room = this.#turn.whenRoom();
      if (room !== undefined) await room;
      this.#part({ type: 'reasoning', text });
    }
  }

  text(text: string): void {
    this.#part({ type: 'text', text });
  }

  moreText(text: string): void {
    this.text(text);
  }

  toolUse(id: string, name: string, input: unknown): void {
    this.#part({ type: 'tool_use', toolCall: { id, name, input } });
  }

  #part(part: Readonly<Record<string, unknown>>): void {
    this.#turn.send({ chi: 'chunk', index: this.#index++, part });
  }
}
