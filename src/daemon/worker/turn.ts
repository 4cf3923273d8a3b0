/** One prompt that a worker is busy with: what its handler may do, and how the turn ends. */
import type { Tone } from '../../thrum/link/tone-codec.js';

/** What the tests' recorded worker reported for every turn. */
export const DEFAULT_USAGE = { cache_read_input_tokens: 3, input_tokens: 11, output_tokens: 7 } as const;

/** What the handler of a prompt gets. */
export interface WorkerTurn {
  readonly prompt: Tone;
  readonly sid: string;
  /** Aborted by `cancel`, `cleanup` and the end of the worker. Nothing that is sent afterwards goes out. */
  readonly signal: AbortSignal;
  /** Sends a tone of this turn; the sid is added. */
  send(tone: Tone): void;
  /** Resolves when more may be sent; undefined where it may at once. To be asked before each tone where much is sent. */
  whenRoom(): Promise<void> | undefined;
  /** The `tool-result` for a call that this turn sent. Rejects when it does not come in time or the turn is cancelled. */
  toolResult(callId: string): Promise<Tone>;
  /** Breaks the worker's connection, as its crash would. */
  die(): void;
}

export interface TurnHost {
  readonly write: (tone: Tone) => void;
  readonly die: () => void;
  /** Absent where nothing holds a turn back. */
  readonly whenRoom?: () => Promise<void> | undefined;
  readonly toolResultTimeoutMs: number;
  /** What the `finish` of a cancelled turn reports; by default what the tests' recorded worker did. */
  readonly cancelUsage?: unknown;
}

interface Parked {
  readonly resolve: (result: Tone) => void;
  readonly reject: (error: Error) => void;
}

/** Runs a handler and sees to it that its turn has an end. */
export class RunningTurn implements WorkerTurn {
  readonly prompt: Tone;
  readonly sid: string;
  readonly #host: TurnHost;
  readonly #controller = new AbortController();
  readonly #parked = new Map<string, Parked>();
  #ended = false;

  constructor(prompt: Tone, sid: string, host: TurnHost) {
    this.prompt = prompt;
    this.sid = sid;
    this.#host = host;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves when the handler is through. An error of the handler ends the turn as a `worker_error`. */
  async run(handle: (turn: WorkerTurn) => Promise<void>): Promise<void> {
    try {
      await handle(this);
      if (!this.#ended) throw new Error('the worker gave no end to the turn');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!this.#ended) this.send({ chi: 'error', code: 'worker_error', message });
    }
  }

  send(tone: Tone): void {
    if (this.signal.aborted) return;
    if (tone.chi === 'finish' || tone.chi === 'error') this.#ended = true;
    this.#host.write({ ...tone, sid: this.sid });
  }

  whenRoom(): Promise<void> | undefined {
    return this.signal.aborted ? undefined : this.#host.whenRoom?.();
  }

  toolResult(callId: string): Promise<Tone> {
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) {
        reject(new Error('the turn is over'));
        return;
      }
      const seconds = this.#host.toolResultTimeoutMs / 1000;
      const timer = setTimeout(() => {
        this.#parked.delete(callId);
        reject(new Error(`no result of the tool call within ${seconds} s`));
      }, this.#host.toolResultTimeoutMs);
      const settle = () => {
        clearTimeout(timer);
        this.#parked.delete(callId);
      };
      this.#parked.set(callId, {
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
    });
  }

  die(): void {
    this.#host.die();
  }

  /** True when this turn waits for the result. */
  takeResult(callId: string, result: Tone): boolean {
    const parked = this.#parked.get(callId);
    parked?.resolve(result);
    return parked !== undefined;
  }

  /** Kills the cell: it says `finish` and nothing else any more. */
  cancel(): void {
    const { cancelUsage: usage = DEFAULT_USAGE } = this.#host;
    if (!this.#ended) this.send({ chi: 'finish', finishReason: 'error', usage });
    this.abandon();
  }

  /** Ends the turn without a word. */
  abandon(): void {
    this.#ended = true;
    this.#controller.abort();
    for (const parked of [...this.#parked.values()]) parked.reject(new Error('the turn was cancelled'));
  }
}
