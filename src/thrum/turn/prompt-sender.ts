/** Takes a prompt to a worker: a cell for its sid first, then the prompt, and the session that reads what comes back. */
import { Fault } from '../../core/fault.js';
import type { Message, SentWay, TurnRequest } from '../../core/request.js';
import type { TurnSignal } from '../../core/abort.js';
import type { CallParking } from '../tools/call-parking.js';
import type { Origin } from '../sessions/history-digest.js';
import type { LinkLives } from '../link/link-history.js';
import { type OpenedTurn, toOpenedTurn } from './opened-turn.js';
import { isLargePrompt, toPromptOffLoop, toPromptTone } from './prompt-tone.js';
import type { Sessions } from './sessions.js';
import type { TurnFacts } from './tone-reader.js';
import { toTurnFacts } from './turn-facts.js';
import type { WorkerCells } from '../sessions/worker-capacity.js';

export interface PromptSenderOptions {
  /** Read at each use. */
  readonly limits: Pick<TurnFacts, 'showWorkerTools'>;
  readonly hive: string;
  readonly createRid: () => string;
  /** From now on the tones of `sid` are about this request. */
  onSid(sid: string, request: TurnRequest): void;
  /** The one worker of this model, if there is just one. */
  onlyWorkerOf(modelId: string): string | undefined;
}

/** One way out for a prompt. */
export interface PromptRoute {
  readonly messages: readonly Message[];
  readonly sid: string;
  /** The model's own session id, for a worker that has to be reminded of the session. */
  readonly resume: string | undefined;
  readonly way: SentWay;
  /** True if the sid may be gone on with after its finish. */
  readonly isKept: boolean;
}

export class PromptSender {
  readonly #options: PromptSenderOptions;
  readonly #sessions: Sessions;
  readonly #cells: WorkerCells;
  readonly #parking: CallParking;
  readonly #lives: LinkLives;

  constructor(
    options: PromptSenderOptions,
    sessions: Sessions,
    cells: WorkerCells,
    parking: CallParking,
    lives: LinkLives,
  ) {
    this.#options = options;
    this.#sessions = sessions;
    this.#cells = cells;
    this.#parking = parking;
    this.#lives = lives;
  }

  /**
   * Sends `request` by a route. A sid that has no cell yet waits for one, and gives it back if nothing is sent. Rejects with
   * `busy` if no worker has room in time, `link-down` if the link broke meanwhile, or the signal's reason.
   */
  async send(
    request: TurnRequest,
    origin: Origin,
    route: PromptRoute,
    signal: TurnSignal,
  ): Promise<OpenedTurn> {
    const { sid } = route;
    const hasCell = this.#cells.holds(sid);
    const life = this.#lives.current;
    await this.#cells.take(sid, origin.modelId, signal);
    try {
      return await this.#sendPrompt(request, origin, route, life, signal);
    } catch (error) {
      if (!hasCell) this.#cells.free(sid);
      throw error;
    }
  }

  /** Rejects with `link-down` if the link is no longer in the life that the prompt is meant for. */
  async #sendPrompt(
    request: TurnRequest,
    origin: Origin,
    { messages, sid, resume, way, isKept }: PromptRoute,
    life: number,
    signal: TurnSignal,
  ): Promise<OpenedTurn> {
    const rid = this.#options.createRid();
    const address = { rid, sid, hive: this.#options.hive, modelId: origin.modelId };
    const { system, tools, sampling } = request;
    const asked = { system, messages, tools, sampling };
    const prompt = isLargePrompt(asked)
      ? await toPromptOffLoop(asked, address, resume, signal)
      : toPromptTone(asked, address, resume);
    signal.throwIfAborted();
    if (this.#lives.current !== life) throw linkBroke();
    if (isKept) this.#cells.keep(sid);
    this.#options.onSid(sid, request);
    request.onSent?.(sid, way);
    const session = this.#sessions.open({
      sid,
      rid,
      facts: toTurnFacts(request, prompt.characters, this.#options.limits),
      prompt: prompt.tone,
      worker: this.#options.onlyWorkerOf(origin.modelId),
      onCalls: (closed) => this.#parking.onCalls(closed, request, origin),
      isKept,
    });
    return toOpenedTurn(session, session.events, prompt.characters);
  }
}

function linkBroke(): Fault {
  return new Fault('link-down', 'the link to humd broke before the request was sent', {
    retryAfterSeconds: 1,
  });
}
