/** Runs turns at the echo within this process until a humd is there, and at that humd from then on. */
import type { Logger } from 'pino';
import type { TurnSignal } from '../core/abort.js';
import type { Event } from '../core/event.js';
import { Fault } from '../core/fault.js';
import type { Model, ModelLookup, Respelling } from '../core/model.js';
import type { LinkState, SessionInfo } from '../core/port.js';
import type { TurnRequest } from '../core/request.js';
import type { Nest } from '../thrum/nest.js';

/** What a hive asks of its side towards humd. */
export type HiveNest = Pick<Nest, keyof Nest>;

/**
 * It moves once, and never back: a humd that goes away again is waited for. A request whose model was found at the echo ends there.
 * Figures are those of both.
 */
export class MovingNest implements HiveNest {
  readonly #echo: Nest;
  readonly #hum: Nest;
  readonly #log: Logger;
  readonly #echoModels = new WeakSet<Model>();
  #hasMoved = false;

  /** Both have the same `tones`. */
  constructor(echo: Nest, hum: Nest, log: Logger) {
    this.#echo = echo;
    this.#hum = hum;
    this.#log = log;
  }

  /** The link to the humd is up. */
  move(): void {
    if (this.#hasMoved) return;
    this.#hasMoved = true;
    const socket = this.#hum.sockets().find(({ state }) => state === 'up')?.socket;
    this.#log.warn({ socket }, 'a humd is there now: new turns go to it, and no longer to the echo');
  }

  get hasMoved(): boolean {
    return this.#hasMoved;
  }

  /** How the sockets of the humd are doing that is waited for; none once it was there. */
  awaited(): ReturnType<Nest['sockets']> {
    return this.#hasMoved ? [] : this.#hum.sockets();
  }

  get tones(): Nest['tones'] {
    return this.#echo.tones;
  }

  start(bind: Parameters<Nest['start']>[0]): void {
    this.#echo.start(bind);
    this.#hum.start(bind);
  }

  async close(): Promise<void> {
    await Promise.all([this.#echo.close(), this.#hum.close()]);
  }

  whenUp(timeoutMs: number): Promise<void> {
    return this.#current.whenUp(timeoutMs);
  }

  link(): LinkState {
    return this.#current.link();
  }

  sockets(): ReturnType<Nest['sockets']> {
    return this.#current.sockets();
  }

  checkSockets(): Promise<void> {
    return this.#current.checkSockets();
  }

  models(): readonly Model[] {
    return this.#current.models();
  }

  findModel(asked: string, respell?: Respelling): ModelLookup {
    return this.#current.findModel(asked, respell);
  }

  resolveModel(asked: string, signal: TurnSignal, respell?: Respelling): ModelLookup | Promise<ModelLookup> {
    const found = this.#current.resolveModel(asked, signal, respell);
    if (this.#hasMoved) return found;
    return found instanceof Promise ? found.then(this.#noteEchoModel) : this.#noteEchoModel(found);
  }

  readonly #noteEchoModel = (found: ModelLookup): ModelLookup => {
    if (found !== undefined && !(found instanceof Fault)) this.#echoModels.add(found);
    return found;
  };

  callTool(...call: Parameters<Nest['callTool']>): Promise<unknown> {
    return this.#current.callTool(...call);
  }

  turn(request: TurnRequest, signal: TurnSignal): AsyncIterable<readonly Event[]> {
    const { resolved } = request;
    const beganAtEcho =
      resolved !== undefined && !(resolved instanceof Fault) && this.#echoModels.has(resolved);
    return (beganAtEcho ? this.#echo : this.#current).turn(request, signal);
  }

  get ignored(): Nest['ignored'] {
    const [echo, hum] = [this.#echo.ignored, this.#hum.ignored];
    return {
      oversized: echo.oversized + hum.oversized,
      malformed: echo.malformed + hum.malformed,
      unknownChi: echo.unknownChi + hum.unknownChi,
      foreignSid: echo.foreignSid + hum.foreignSid,
    };
  }

  get reconnects(): number {
    return this.#echo.reconnects + this.#hum.reconnects;
  }

  get cancels(): number {
    return this.#echo.cancels + this.#hum.cancels;
  }

  get runningTurns(): number {
    return this.#echo.runningTurns + this.#hum.runningTurns;
  }

  get openSids(): number {
    return this.#echo.openSids + this.#hum.openSids;
  }

  get parkedTurns(): number {
    return this.#echo.parkedTurns + this.#hum.parkedTurns;
  }

  get waitingTurns(): number {
    return this.#echo.waitingTurns + this.#hum.waitingTurns;
  }

  sessions(): readonly SessionInfo[] {
    return [...this.#hum.sessions(), ...this.#echo.sessions()];
  }

  deleteSession(id: string, keyId: string | undefined): boolean {
    return this.#hum.deleteSession(id, keyId) || this.#echo.deleteSession(id, keyId);
  }

  get bufferedBytes(): number {
    return this.#echo.bufferedBytes + this.#hum.bufferedBytes;
  }

  get #current(): Nest {
    return this.#hasMoved ? this.#hum : this.#echo;
  }
}
