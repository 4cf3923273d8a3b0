/** Looks now and then whether the sockets that are not in use would answer. */
import type { HumdSocket, SocketCheck } from './humd-socket.js';
import { readBreath } from './probe.js';
import { PROTOCOL_VERSION, sameMajor } from './protocol.js';

export interface HealthCheckOptions {
  /** Those that are neither in use nor being dialled. */
  idleSockets(): readonly HumdSocket[];
  readonly limits: { readonly socketCheck: SocketCheck };
  /** A socket has answered. */
  onHealthy(): void;
}

const INTERVAL_MS = 30_000;
/** How long a humd has for its first word. */
const PROBE_TIMEOUT_MS = 1_000;

/** Each probe feeds the breaker of its socket, and asks it for leave first. */
export class HealthChecks {
  readonly #options: HealthCheckOptions;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: HealthCheckOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    const round = () => {
      void this.check().finally(() => {
        if (!this.#isClosed) this.#timer = setTimeout(round, INTERVAL_MS).unref();
      });
    };
    this.#timer = setTimeout(round, INTERVAL_MS).unref();
  }

  /** Probes every idle socket once, at the same time. */
  async check(): Promise<void> {
    await Promise.all(this.#options.idleSockets().map((socket) => this.#probe(socket)));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #probe(socket: HumdSocket): Promise<void> {
    if (!socket.breaker.tryPass(performance.now(), false)) return;
    const distrust = socket.distrust(this.#options.limits.socketCheck);
    if (distrust !== undefined) {
      socket.fail(distrust, performance.now());
      return;
    }
    const breath = await readBreath(socket.path, PROBE_TIMEOUT_MS);
    const now = performance.now();
    if (breath === undefined) socket.fail({ kind: 'absent', reason: 'no breath within a second' }, now);
    else if (breath.protoVersion !== undefined && !sameMajor(breath.protoVersion, PROTOCOL_VERSION)) {
      socket.fail({ kind: 'refused', theirVersion: breath.protoVersion, reason: undefined }, now);
    } else {
      socket.succeed();
      this.#options.onHealthy();
    }
  }
}
