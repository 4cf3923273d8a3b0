/** Who gets which tone: humd's routing, as the recorded links show it (src/thrum/README.md, "What humd does"). */
import { createHash } from 'node:crypto';
import type { Tone } from '../thrum/link/tone-codec.js';
import { BoundedMap } from './bounded-map.js';
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

/** A sid that was prompted or called under. */
interface Session {
  /** Who gets its tones: the last one to prompt it. */
  readonly owner: Connection;
  readonly worker: Connection | undefined;
  readonly sigil: string;
  /** False once a `finish` or an `error` came. */
  running: boolean;
}

const DEFAULT_MODEL = 'sonnet';
const SIGIL_HEX_DIGITS = 12;
const MAX_SESSIONS = 50_000;
const MAX_TOOL_ROUTES = 10_000;
/** What of a worker's tones reaches a forager; a `permission-ask`, for one, does not (seen). */
const WORKER_REPLIES = ['chunk', 'finish', 'error', 'tool-call', 'tool-info', 'session-ready', 'pulse'];

export class Router {
  readonly #options: RouterOptions;
  readonly #roster: Roster;
  readonly #replies: ReadonlySet<string>;
  readonly #sessions = new BoundedMap<string, Session>(MAX_SESSIONS);
  /** By `callId`: who waits for the `tool-result`. */
  readonly #callers = new BoundedMap<string, Connection>(MAX_TOOL_ROUTES);

  constructor(options: RouterOptions, roster: Roster) {
    this.#options = options;
    this.#roster = roster;
    this.#replies = new Set([...WORKER_REPLIES, ...options.alsoRoute]);
  }

  welcome(connection: Connection): void {
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
    this.#roster.remove(connection);
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
    from.manifest = toManifest(hello, from.id, Date.now());
    if (answersHello || from.isWorker) {
      echo(from, hello);
      from.send(this.#breath({}));
    }
    if (from.manifest !== undefined) this.#roster.add(from, from.manifest);
  }

  #prompt(from: Connection, prompt: Tone): void {
    const { sid } = prompt;
    if (typeof sid !== 'string' || sid === '') return;
    // humd echoes a prompt twice: at its socket and at its router.
    echo(from, prompt);
    const modelId: unknown = prompt['modelId'];
    const model = typeof modelId === 'string' ? modelId : DEFAULT_MODEL;
    const worker = this.#roster.workerFor(model);
    this.#sessions.set(sid, { owner: from, worker, sigil: this.#sigil(sid), running: worker !== undefined });
    if (worker === undefined) {
      this.#reply({ chi: 'error', sid, message: `no worker bee advertises model '${model}'` });
    } else {
      worker.send(toWorkerPrompt(prompt, this.#roster.manifests()));
    }
  }

  /** A tool that a hello lists is called at that bee, in every turn; any other by the bee that prompted. */
  #toolCall(from: Connection, call: Tone): void {
    const { sid } = call;
    const name: unknown = call['toolName'] ?? call['name'];
    const callId: unknown = call['callId'];
    const owner = typeof name === 'string' ? this.#roster.ownerOf(name) : undefined;
    if (owner !== undefined) {
      if (typeof callId === 'string') this.#callers.set(callId, from);
      owner.send(call);
    } else if (from.isWorker) {
      this.#reply(call);
    }
    if (!from.isWorker && typeof sid === 'string' && this.#sessions.get(sid) === undefined) {
      this.#sessions.set(sid, { owner: from, worker: undefined, sigil: this.#sigil(sid), running: false });
    }
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

  /** The owner of a tool may answer a call with an error. */
  #error(from: Connection, error: Tone): void {
    const callId: unknown = error['callId'];
    const caller = typeof callId === 'string' ? this.#callers.get(callId) : undefined;
    if (caller !== undefined && caller !== from) caller.send(error);
    else this.#reply(error);
  }

  /** To the connection that prompted the sid, and to no other. */
  #reply(tone: Tone): void {
    if (typeof tone.sid !== 'string' || !this.#replies.has(tone.chi)) return;
    const session = this.#sessions.get(tone.sid);
    if (session === undefined) return;
    if (tone.chi === 'finish' || tone.chi === 'error') session.running = false;
    session.owner.send({ sigil: session.sigil, ...tone, from: 'daemon' });
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
