/** How much of all request bodies together may be in memory while they come and until they are read: those of this process. */
import { Fault } from '../../core/fault.js';

/** A body, or what of messages a connection has. */
export interface GatheredBody {
  /** Whose it is: the id of a key, or an address. */
  readonly client: string;
  /** What of it is there, in bytes. */
  readonly bytes: number;
  /** True once all of it is there: it will be read, and is not refused any more. */
  readonly isWhole: boolean;
  /** Forgets it and lets go of its client. */
  refuse(fault: Fault): void;
}

/** Past the limit, the newest of the client that has most goes. The only one stays: its own limit is another one. */
class BodyBudget {
  /** In the order in which they began. */
  readonly #bodies = new Map<GatheredBody, number>();
  #bytes = 0;

  /** Of all bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** To be called when the length of a body has changed. It may be refused for that, as may others. */
  update(body: GatheredBody, maxTotalBodyBytes: number): void {
    const known = this.#bodies.get(body) ?? 0;
    this.#bytes += body.bytes - known;
    this.#bodies.set(body, body.bytes);
    while (this.#bytes > maxTotalBodyBytes && this.#bodies.size > 1) {
      const newest = this.#newestOfMost();
      if (newest === undefined) return;
      this.remove(newest);
      newest.refuse(tooManyBodies());
    }
  }

  /** May be called twice. */
  remove(body: GatheredBody): void {
    this.#bytes -= this.#bodies.get(body) ?? 0;
    this.#bodies.delete(body);
  }

  #newestOfMost(): GatheredBody | undefined {
    const sums = new Map<string, number>();
    for (const [{ client }, bytes] of this.#bodies) sums.set(client, (sums.get(client) ?? 0) + bytes);
    const most = Math.max(...sums.values());
    const open = [...this.#bodies.keys()].filter(({ isWhole }) => !isWhole);
    return open.findLast(({ client }) => sums.get(client) === most) ?? open.at(-1);
  }
}

function tooManyBodies(): Fault {
  return new Fault('busy', 'too many large request bodies are being received: try again in a moment', {
    retryAfterSeconds: 1,
  });
}

export const gatheredBodies = new BodyBudget();
