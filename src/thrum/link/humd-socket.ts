/** One socket that a humd may listen on: whether it may be dialled now, and what came of it the last time. */
import type { Logger } from 'pino';
import { CircuitBreaker } from './circuit-breaker.js';
import { type DialFailure, describeFailure, isCheap } from './dial-failure.js';
import { PROTOCOL_VERSION } from './protocol.js';
import { type SocketRisk, socketRisks } from './socket-risks.js';

/** What is done about a socket that others could have put there, or could write to. */
export type SocketCheck = 'warn' | 'refuse' | 'off';

export class HumdSocket {
  readonly breaker = new CircuitBreaker();
  readonly #pathOf: () => string;
  readonly #log: Logger;
  #failure: DialFailure | undefined;
  #checkedAt: number | undefined;
  /** What the log knows already. */
  #risks: readonly SocketRisk[] = [];
  /** True as long as no humd is expected there: that none is there is not worth a line of the log. */
  isAwaited: boolean;

  /** @param pathOf where it is; asked at every dial, because it may move */
  constructor(pathOf: () => string, log: Logger, isAwaited = false) {
    this.#pathOf = pathOf;
    this.#log = log;
    this.isAwaited = isAwaited;
  }

  get path(): string {
    return this.#pathOf();
  }

  /** When it was last dialled or probed and had answered or failed, in ms since 1970. */
  get checkedAt(): number | undefined {
    return this.#checkedAt;
  }

  /** Why nobody can be reached there, for a client. */
  get complaint(): string {
    return describeFailure(this.#failure ?? { kind: 'absent', reason: '' }, this.path, PROTOCOL_VERSION);
  }

  /** Looks at the file before a dial: each risk is worth one line of the log. The failure, if it must not be dialled. */
  distrust(check: SocketCheck): DialFailure | undefined {
    const path = this.path;
    const risks = check === 'off' ? [] : socketRisks(path);
    const isRefused = check === 'refuse';
    for (const risk of risks) {
      if (!this.#risks.includes(risk) && !isRefused)
        this.#log.warn({ socket: path, risk }, `the socket of humd may not be trusted: ${risk}`);
    }
    this.#risks = risks;
    const [risk] = risks;
    return isRefused && risk !== undefined ? { kind: 'untrusted', risk } : undefined;
  }

  /** It answers as it should. */
  succeed(): void {
    this.breaker.succeed();
    this.touch();
    this.#failure = undefined;
  }

  /** It has just answered; how well will show. */
  touch(): void {
    this.#checkedAt = Date.now();
  }

  /** The first failure of its kind is worth a line, the following ones are not. */
  fail(failure: DialFailure, now: number): void {
    const isNews = this.#failure?.kind !== failure.kind && !(failure.kind === 'absent' && this.isAwaited);
    this.#failure = failure;
    this.breaker.fail(now, isCheap(failure));
    this.touch();
    const level = !isNews ? 'debug' : failure.kind === 'refused' ? 'error' : 'warn';
    const details =
      failure.kind === 'absent' ? { socket: this.path, reason: failure.reason } : { socket: this.path };
    this.#log[level](details, this.complaint);
  }
}
