/** Who gets which tone: humd's routing, as the recorded links show it (src/thrum/README.md, "What humd does"). */
import { createHash } from 'node:crypto';
import type { Tone } from '../thrum/link/tone-codec.js';
import type { Connection } from './connection.js';
import { toManifest } from './manifest.js';
import type { Roster } from './roster.js';
import { toWorkerPrompt } from './worker-prompt.js';

export interface RouterOptions {
  readonly protoVersion: string;
  readonly hiveTag: string;
  readonly requiresHello: boolean;
  readonly answersHello: boolean;
  readonly refusesOtherMajor: boolean;
  readonly routeUndeclaredToolResults: boolean;
  readonly alsoRoute: readonly string[];
}

/** A sid that was prompted, called under or attached to. */
interface Session {
  /** The links that did so: each gets its tones. */
  readonly claims: Set<Connection>;
  readonly sigil: string;
  worker: Connection | undefined;
  /** False once a `finish` or an `error` came. */
  running: boolean;
}

const DEFAULT_MODEL = 'sonnet';
const SIGIL_HEX_DIGITS = 12;
const MAX_SESSIONS = 50_000;
const MAX_TOOL_ROUTES = 10_000;
/** What of a worker's tones reaches a forager; a `permission-ask`, for one, does not (seen). */
const WORKER_REPLIES = [
  'chunk',
  'finish',
  'error',
  'tool-call',
  'tool-info',
  'session-ready',
  'pulse',
  'breath',
];

export class Router {
  readonly #options: RouterOptions;
  readonly #roster: Roster;
  readonly #replies: ReadonlySet<string>;
  readonly #connections = new Set<Connection>();
  readonly #sessions = new BoundedMap<string, Session>(MAX_SESSIONS);
  /** By `callId`: who waits for the `tool-result`. Noted when the call passes, and gone with the first result. */
  readonly #callers = new BoundedMap<string, Connection>(MAX_TOOL_ROUTES);

  constructor(options: RouterOptions, roster: Roster) {
    this.#options = options;
    this.#roster = roster;
    this.#replies = new Set([...WORKER_REPLIES, ...options.alsoRoute]);
  }

  welcome(connection: Connection): void {
    this.#connections.add(connection);
    connection.send(this.#breath([]));
  }

  /** Sids that a live worker was prompted for and has not finished. */
  openSids(): string[] {
    const sids: string[] = [];
    for (const [sid, { running, worker }] of this.#sessions.entries()) {
      if (running && worker?.isOpen) sids.push(sid);
    }
    return sids;
  }

  /** The bee is gone. Neither the foragers of its turns nor the workers of its prompts learn of it. */
  forget(connection: Connection): void {
    this.#connections.delete(connection);
    this.#roster.remove(connection);
    for (const [callId, caller] of [...this.#callers.entries()])
      if (caller === connection) this.#callers.delete(callId);
  }

  onTone(from: Connection, tone: Tone): void {
    if (tone.chi === 'hello') {
      this.#greet(from, tone);
      return;
    }
    if (this.#options.requiresHello && !from.greeted) return;
    if (typeof tone['dusk'] === 'number' && Date.now() > tone['dusk']) {
      echo(from, tone, 'past dusk');
      return;
    }
    if (tone.chi !== 'echo' && tone.chi !== 'log') echo(from, tone);
    switch (tone.chi) {
      case 'prompt':
        this.#prompt(from, tone);
        return;
      case 'cancel':
      case 'cleanup':
        if (typeof tone.sid === 'string') for (const worker of this.#roster.workers()) worker.send(tone);
        return;
      case 'attach':
        if (typeof tone.sid === 'string' && tone.sid !== '') this.#claim(from, tone.sid);
        return;
      case 'tool-call':
        this.#toolCall(from, tone);
        return;
      case 'tool-result':
        this.#toolResult(tone);
        return;
      case 'error':
        this.#error(from, tone);
        return;
      default:
        if (from.isWorker) this.#reply(tone);
    }
  }

  #greet(from: Connection, hello: Tone): void {
    const { protoVersion, refusesOtherMajor, answersHello } = this.#options;
    if (refusesOtherMajor && isOtherMajor(hello['protoVersion'], protoVersion)) {
      from.destroy();
      return;
    }
    from.greeted = true;
    const manifest = toManifest(hello, from.id, Date.now());
    if (answersHello || manifest?.bee.includes('worker')) {
      echo(from, hello);
      from.send(this.#breath({}));
    }
    // One that names no hive is answered and changes nothing.
    if (manifest !== undefined) this.#roster.add(from, manifest);
  }

  #prompt(from: Connection, prompt: Tone): void {
    const { sid } = prompt;
    if (typeof sid !== 'string' || sid === '') return;
    // humd echoes a prompt twice: at its socket and at its router.
    echo(from, prompt);
    const modelId: unknown = prompt['modelId'];
    const model = typeof modelId === 'string' ? modelId : DEFAULT_MODEL;
    const worker = this.#roster.workerFor(model);
    const session = this.#claim(from, sid);
    session.worker = worker;
    session.running = worker !== undefined;
    if (worker === undefined) {
      this.#reply({ chi: 'error', sid, message: `no worker bee advertises model '${model}'` });
    } else {
      worker.send(toWorkerPrompt(prompt, this.#roster.manifests()));
    }
  }

  /** A tool that a forager lists is called at that bee, in every turn; any other by the bee that prompted. */
  #toolCall(from: Connection, call: Tone): void {
    const { sid } = call;
    if (typeof sid === 'string' && sid !== '') this.#claim(from, sid);
    const name: unknown = call['toolName'] ?? call['name'];
    const callId: unknown = call['callId'];
    const owner = typeof name === 'string' ? this.#roster.ownerOf(name) : undefined;
    if (owner === undefined) {
      if (from.isWorker) this.#reply(call);
      return;
    }
    if (typeof callId === 'string' && callId !== '') this.#callers.set(callId, from);
    owner.send(call);
  }

  /** Only a call that went to the owner of a listed tool leaves a way back; any other result is lost here. */
  #toolResult(result: Tone): void {
    const callId: unknown = result['callId'];
    const caller = typeof callId === 'string' ? this.#callers.get(callId) : undefined;
    if (typeof callId === 'string') this.#callers.delete(callId);
    if (caller !== undefined) {
      caller.send(result);
    } else if (this.#options.routeUndeclaredToolResults && typeof result.sid === 'string') {
      this.#sessions.get(result.sid)?.worker?.send(result);
    }
  }

  /** A forager that owns a tool may answer a call with an error, which goes to the caller. */
  #error(from: Connection, error: Tone): void {
    const callId: unknown = error['callId'];
    const caller = typeof callId === 'string' && !from.isWorker ? this.#callers.get(callId) : undefined;
    if (caller !== undefined) caller.send(error);
    else this.#reply(error);
  }

  /** From now on the link gets the tones of this sid. */
  #claim(connection: Connection, sid: string): Session {
    const session = this.#sessions.get(sid) ?? {
      claims: new Set(),
      sigil: this.#sigil(sid),
      worker: undefined,
      running: false,
    };
    session.claims.add(connection);
    connection.hasClaimed = true;
    this.#sessions.set(sid, session);
    return session;
  }

  /**
   * To every link that has claimed the sid. Where none of these is there any more, to every link that has claimed nothing yet,
   * whatever bee it is. A worker claims the sids of its calls; the copies that humd then sends it are left out here.
   */
  #reply(tone: Tone): void {
    const { chi, sid } = tone;
    if (typeof sid !== 'string' || !this.#replies.has(chi)) return;
    const session = this.#sessions.get(sid);
    if (session !== undefined && (chi === 'finish' || chi === 'error')) session.running = false;
    const reply = { sigil: session?.sigil ?? this.#sigil(sid), ...tone, from: 'daemon' };
    let isClaimed = false;
    for (const connection of session?.claims ?? []) {
      if (!connection.isOpen) continue;
      isClaimed = true;
      if (!connection.isWorker) connection.send(reply);
    }
    if (isClaimed) return;
    for (const connection of this.#connections) if (!connection.hasClaimed) connection.send(reply);
  }

  #breath(sessions: unknown): Tone {
    return { chi: 'breath', from: 'daemon', sessions, protoVersion: this.#options.protoVersion };
  }

  #sigil(sid: string): string {
    return toSigil(sid, this.#options.hiveTag);
  }
}

/**
 * The short mark that humd puts on the tones of a session.
 *
 * @param hiveTag the daemon's own hive, which need not be the hive of the worker that answers
 */
export function toSigil(sid: string, hiveTag: string): string {
  return createHash('sha256').update(`${hiveTag}:${sid}`).digest('hex').slice(0, SIGIL_HEX_DIGITS);
}

/** Answers a tone that has a rid. */
function echo(to: Connection, { rid }: Tone, error?: string): void {
  if (typeof rid !== 'string') return;
  to.send(error === undefined ? { chi: 'echo', rid, ok: true } : { chi: 'echo', rid, ok: false, error });
}

function isOtherMajor(theirs: unknown, ours: string): boolean {
  return typeof theirs === 'string' && theirs.split('.', 1)[0] !== ours.split('.', 1)[0];
}

/** Forgets its oldest entries: what a daemon remembers about finished work must not grow for ever. */
class BoundedMap<K, V> {
  readonly #limit: number;
  readonly #entries = new Map<K, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Sets the entry and makes it the newest. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  entries(): IterableIterator<[K, V]> {
    return this.#entries.entries();
  }
}
