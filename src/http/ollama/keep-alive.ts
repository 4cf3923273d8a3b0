/**
 * How long a model is to stay loaded after a request, which its `keep_alive` says, and the models that count as loaded: those that were
 * asked for within that time (src/http/ollama/README.md, "keep_alive" and "Loaded models"). hum keeps models as it likes; clients display
 * this list and manage it.
 */
import { Fault } from '../../core/fault.js';
import type { Model } from '../../core/model.js';
import type { Clock } from '../clock.js';

/** Go's longest duration, 292 years, which is what a negative `keep_alive` means. */
export const FOREVER_MS = 2 ** 63 / 1_000_000;

/** No client writes a longer one, but Go would read it. */
const MAX_DURATION_CHARACTERS = 256;

/** One number of a Go duration with all that stands before the next number. */
const SEGMENT = /(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/y;
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/**
 * In ms, at most `FOREVER_MS`; 0 asks to unload, undefined leaves it to the server. A number counts seconds, a string is a
 * Go duration. Throws `bad-request` with Go's text for what is neither.
 */
export function toKeepAliveMs(keepAlive: unknown): number | undefined {
  if (keepAlive == null) return undefined;
  if (typeof keepAlive === 'number')
    return keepAlive < 0 ? FOREVER_MS : Math.min(keepAlive * 1_000, FOREVER_MS);
  if (typeof keepAlive !== 'string') {
    throw new Fault('bad-request', `Unsupported type: '${goTypeOf(keepAlive)}'`);
  }
  const ms = durationMs(keepAlive);
  return keepAlive.startsWith('-') && ms > 0 ? FOREVER_MS : ms;
}

/** What a configuration says: whole seconds, or a Go duration. */
export function toDefaultKeepAliveMs(text: string): number {
  return toKeepAliveMs(/^[-+]?\d+$/.test(text) ? Number(text) : text) ?? 0;
}

function goTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** As Go's `ParseDuration`, without the sign. */
function durationMs(text: string): number {
  const shown = JSON.stringify(text.slice(0, MAX_DURATION_CHARACTERS).toWellFormed());
  const refuse = (flaw: string) => new Fault('bad-request', `time: ${flaw} ${shown}`);
  if (text.length > MAX_DURATION_CHARACTERS) throw refuse('invalid duration');
  const duration = text.replace(/^[-+]/, '');
  if (duration === '0') return 0;
  if (duration === '') throw refuse('invalid duration');
  let ms = 0;
  for (let at = 0; at < duration.length; at = SEGMENT.lastIndex) {
    SEGMENT.lastIndex = at;
    const [, number, unit] = SEGMENT.exec(duration) ?? [];
    if (unit === undefined) throw refuse('invalid duration');
    if (unit === '') throw refuse('missing unit in duration');
    const unitMs = UNITS_MS.get(unit);
    if (unitMs === undefined) throw refuse(`unknown unit ${JSON.stringify(unit)} in duration`);
    ms += Number(number) * unitMs;
  }
  if (ms > FOREVER_MS) throw refuse('invalid duration');
  return ms;
}

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
