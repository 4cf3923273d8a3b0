/** One bee's link to the daemon: tones in, tones out, and its manifest. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Tone } from '../thrum/link/tone-codec.js';
import { InboundLines, parseLine, toSortedJson } from './lines.js';
import type { Manifest } from './manifest.js';
import { OutboundQueue } from './outbound-queue.js';

export type Direction = 'in' | 'out';

/** The bee at the other end, as observers see it. */
export interface DaemonClient {
  /** The key of its entry in bees.json. */
  readonly id: string;
  /** Undefined until its hello came, or when that named no hive. */
  readonly manifest: Manifest | undefined;
}

/** Sees each tone, `in` from a bee or `out` to one, and may put another in its place or drop it (undefined). */
export type ToneFilter = (tone: Tone, direction: Direction, client: DaemonClient) => Tone | undefined;

export interface ConnectionEvents {
  readonly onTone: (tone: Tone) => void;
  readonly closed: () => void;
  /** More waits for this bee than should; absent where the newest is dropped instead. */
  readonly onFull: (() => void) | undefined;
  readonly filter: ToneFilter | undefined;
  readonly onBytes: ((chunk: Buffer, client: DaemonClient) => void) | undefined;
}

export class Connection implements DaemonClient {
  readonly id: string = randomUUID();
  /** True once a hello came. */
  greeted = false;
  manifest: Manifest | undefined;
  /** True once a sid was claimed for it: then it gets no tones of sids that are not claimed. */
  hasClaimed = false;
  readonly #socket: Socket;
  readonly #outbound: OutboundQueue;
  readonly #inbound = new InboundLines();
  readonly #events: ConnectionEvents;

  constructor(socket: Socket, queueLimit: number, events: ConnectionEvents) {
    this.#socket = socket;
    this.#outbound = new OutboundQueue(socket, queueLimit);
    this.#events = events;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    // A link that breaks says `close` afterwards, like one that ends.
    socket.on('error', () => undefined);
    socket.on('close', events.closed);
  }

  get isWorker(): boolean {
    return this.manifest?.bee.includes('worker') ?? false;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Sends a tone, keys sorted; in silence not, when the reader is too slow. */
  send(tone: Tone): void {
    if (this.#socket.destroyed) return;
    const passed = this.#filter(tone, 'out');
    if (passed === undefined) return;
    this.#outbound.push(`${toSortedJson(passed)}\n`);
    if (this.#events.onFull !== undefined && this.#outbound.isFull) this.#events.onFull();
  }

  /** As `OutboundQueue.whenRoom`. */
  whenRoom(): Promise<void> | undefined {
    return this.#outbound.whenRoom();
  }

  /** Reads nothing more until `resume`: the other end's writes have to wait. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends bytes as they are, for tests of what a client makes of a broken daemon. */
  sendRaw(text: string): void {
    this.#outbound.push(text);
  }

  /** Breaks the link, after starting to write what waits. */
  destroy(): void {
    this.#outbound.flush();
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#events.onBytes?.(chunk, this);
    const { lines, intact } = this.#inbound.read(chunk);
    for (const line of lines) {
      const tone = line === '' ? undefined : parseLine(line);
      const passed = tone === undefined ? undefined : this.#filter(tone, 'in');
      if (passed !== undefined) this.#events.onTone(passed);
      if (this.#socket.destroyed) return;
    }
    if (!intact) this.destroy();
  }

  #filter(tone: Tone, direction: Direction): Tone | undefined {
    const { filter } = this.#events;
    return filter === undefined ? tone : filter(tone, direction, this);
  }
}
