/** Responses that are made while no client waits for them (src/http/openai/README.md, "Background"). */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { TurnAbort, type TurnSignal } from '../../../core/abort.js';
import type { Event } from '../../../core/event.js';
import { Fault } from '../../../core/fault.js';
import type { CreateId } from './output-item.js';
import type { ResponsePlan } from './response-builder.js';
import type { ResponseObject } from './response-object.js';
import { ResponseStream } from './response-stream.js';
import { type EventLog, type KeptEvents, toKey } from './kept-events.js';
import type { StoredItem, StoredResponse } from './store.js';

/** Read at each use. */
export interface BackgroundLimits {
  /** How many may be made at once. */
  readonly maxBackground: number;
}

export interface BackgroundOptions {
  readonly limits: BackgroundLimits;
  readonly events: KeptEvents;
  /** All that runs, for a bridge that stops. */
  readonly detached: Set<Promise<void>>;
  readonly log: Logger;
}

/** What is to be made. */
export interface BackgroundTask {
  readonly keyId: string | undefined;
  /** Whose share it takes of what all share. */
  readonly client: string;
  readonly plan: ResponsePlan;
  /** The input of its own request. */
  readonly input: readonly StoredItem[];
  keep(response: ResponseObject): Promise<void>;
  /** Called once: nothing more comes of it. */
  ended(): void;
  /** Begins when it is first asked for a batch, and ends with the signal. @param onSent to be called when it goes out */
  turn(signal: TurnSignal, onSent: () => void): AsyncIterable<readonly Event[]>;
}

/** Stands in front of the id of a response that is made in the background. */
const PREFIX = 'resp_bg';
const TAG_BYTES = 4;

/** Those of one process. Only while they are made: what has ended is found where all responses are kept. */
export class BackgroundResponses {
  readonly #options: BackgroundOptions;
  readonly #running = new Map<string, BackgroundResponse>();
  /** Tells the ids of this process from those of others, and of those before it. */
  readonly #tag = randomBytes(TAG_BYTES).toString('hex');

  constructor(options: BackgroundOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Ids of responses say which process makes them. */
  toId(createId: CreateId): string {
    return `${PREFIX}${this.#tag}${createId('resp').slice('resp_'.length)}`;
  }

  /** True for an id that another process, or one before this, has given out. */
  isElsewhere(id: string): boolean {
    return id.startsWith(PREFIX) && !id.startsWith(this.#tag, PREFIX.length);
  }

  find(keyId: string | undefined, id: string): BackgroundResponse | undefined {
    return this.#running.get(toKey(keyId, id));
  }

  /** Throws `busy` where too many are made. */
  requireRoom(): void {
    if (this.#running.size < this.#options.limits.maxBackground) return;
    throw new Fault('busy', 'too many responses are made in the background: try again in a moment', {
      retryAfterSeconds: 1,
    });
  }

  /** Begins. Throws as `requireRoom`. */
  start(task: BackgroundTask): BackgroundResponse {
    this.requireRoom();
    const { events, detached, log } = this.#options;
    const { id } = task.plan.start;
    const key = toKey(task.keyId, id);
    const response = new BackgroundResponse(task, events.open(task.keyId, id));
    this.#running.set(key, response);
    const run = response.run().catch((error: unknown) => {
      log.error({ err: error, responseId: id }, 'a response in the background failed by our own mistake');
    });
    const whole = run.then(() => {
      this.#running.delete(key);
      detached.delete(whole);
    });
    detached.add(whole);
    return response;
  }
}

export class BackgroundResponse {
  readonly log: EventLog;
  readonly #task: BackgroundTask;
  readonly #stream: ResponseStream;
  readonly #abort: TurnAbort;
  #isDeleted = false;

  constructor(task: BackgroundTask, log: EventLog) {
    this.#task = task;
    this.#abort = new TurnAbort(() => task.client);
    this.log = log;
    this.#stream = new ResponseStream(task.plan, (response) => this.#keep(response), log);
    this.#stream.queue();
  }

  /** As it stands now. */
  get stored(): StoredResponse {
    return { response: this.#stream.response, input: this.#task.input };
  }

  /** Resolves when it has ended and is kept. Rejects where something of ours broke; it has failed then, and is kept as well. */
  async run(): Promise<void> {
    try {
      for await (const batch of this.#task.turn(this.#abort, () => this.#stream.begin())) {
        this.#stream.begin();
        this.#stream.encode(batch);
        if (this.#stream.pending !== undefined) await this.#stream.pending;
      }
      this.#stream.cancel();
    } catch (error) {
      this.#stream.encode([{ type: 'fault', fault: Fault.from(error) }]);
      if (!this.#abort.aborted) throw error;
    } finally {
      await this.#stream.pending;
      this.#task.ended();
    }
  }

  /** Stops its turn. Resolves with the response as it ended, once it is kept; one that has ended stays as it is. */
  async cancel(): Promise<ResponseObject> {
    this.#stream.cancel();
    this.#abort.abort();
    await this.#stream.pending;
    return this.#stream.response;
  }

  /** The same, and it is not kept. */
  async delete(): Promise<void> {
    this.#isDeleted = true;
    await this.cancel();
    this.log.forget();
  }

  async #keep(response: ResponseObject): Promise<void> {
    if (!this.#isDeleted) await this.#task.keep(response);
    this.#task.ended();
  }
}
