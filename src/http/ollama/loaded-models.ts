/**
 * The models that count as loaded: those that were asked for within their `keep_alive`
 * (src/http/ollama/README.md, "Loaded models"). hum keeps models as it likes; clients display this list and manage it.
 */
import type { Model } from '../../core/model.js';
import type { Clock } from '../clock.js';

export interface LoadedModel {
  /** The name under which the model is listed. */
  readonly id: string;
  /** In ms since the epoch. */
  readonly expiresAt: number;
}

interface Entry {
  keepAliveMs: number;
  /** Of the monotonic clock. */
  endsAt: number;
  /** Requests that use the model now, during which it stays. */
  running: number;
}

/** Beyond this the idle model that would be the first to go is dropped early. */
const MAX_LOADED = 1_000;

export class LoadedModels {
  readonly #clock: Clock;
  readonly #defaultMs: () => number;
  readonly #entries = new Map<string, Entry>();

  /** @param defaultMs the `keep_alive` of requests that have none, in ms; read at each use */
  constructor(clock: Clock, defaultMs: () => number) {
    this.#clock = clock;
    this.#defaultMs = defaultMs;
  }

  /**
   * A request uses `model` from now until it calls the returned function, once; the time begins to run then. Without
   * `keepAliveMs` the one of an earlier request still holds.
   */
  use(model: Model, keepAliveMs: number | undefined): () => void {
    const id = listedId(model);
    this.#dropExpired();
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_LOADED) this.#dropFirstToExpire();
      entry = { keepAliveMs: this.#defaultMs(), endsAt: 0, running: 0 };
      this.#entries.set(id, entry);
    }
    const used = entry;
    used.keepAliveMs = keepAliveMs ?? used.keepAliveMs;
    used.endsAt = this.#clock.monotonic() + used.keepAliveMs;
    used.running++;
    return () => {
      used.running--;
      used.endsAt = this.#clock.monotonic() + used.keepAliveMs;
    };
  }

  /** `model` counts as loaded while `answer` runs and for `keepAliveMs` after it. */
  async whileUsed<Answer>(
    model: Model,
    keepAliveMs: number | undefined,
    answer: () => Promise<Answer>,
  ): Promise<Answer> {
    const release = this.use(model, keepAliveMs);
    try {
      return await answer();
    } finally {
      release();
    }
  }

  /** At once if no request uses it; otherwise when the last one that does is over. */
  unload(model: Model): void {
    const entry = this.#entries.get(listedId(model));
    if (entry === undefined) return;
    entry.keepAliveMs = 0;
    entry.endsAt = this.#clock.monotonic();
  }

  /** Those that stay longest first. */
  list(): readonly LoadedModel[] {
    this.#dropExpired();
    const offset = this.#clock.now() - this.#clock.monotonic();
    return [...this.#entries]
      .sort(([id, { endsAt }], [otherId, other]) => other.endsAt - endsAt || (id < otherId ? -1 : 1))
      .map(([id, { endsAt }]) => ({ id, expiresAt: Math.round(offset + endsAt) }));
  }

  #dropExpired(): void {
    const now = this.#clock.monotonic();
    for (const [id, { running, endsAt }] of this.#entries) {
      if (running === 0 && endsAt <= now) this.#entries.delete(id);
    }
  }

  #dropFirstToExpire(): void {
    const first = this.list().findLast(({ id }) => this.#entries.get(id)?.running === 0);
    if (first !== undefined) this.#entries.delete(first.id);
  }
}

/** A short name stands for the model that is listed. */
function listedId(model: Model): string {
  return model.listed ? model.id : model.target;
}
