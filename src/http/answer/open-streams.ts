/**
 * The streams that are open on one listener, and the one sweep that serves them all: it commits headers that were delayed
 * long enough, keeps silent event streams alive and gives up on clients that stopped reading. No stream has a timer.
 */
import type { ServerResponse } from 'node:http';
import { clientLeft } from '../../core/abort.js';
import type { Clock } from '../clock.js';

/** How one stream looks on the wire. */
export interface StreamFormat {
  readonly contentType: string;
  /** What is written into silence; absent where the format allows nothing (NDJSON, src/http/README.md, "Traps", 3). */
  readonly ping?: string;
}

export interface StreamLimits {
  /** How long headers wait for the first event, in ms. */
  readonly headerHoldMs: number;
  /** How long a client may read nothing while there is something to read, in ms. */
  readonly clientStallMs: number;
}

const PING_AFTER_MS = 15_000;
const SWEEP_MS = 1_000;

export class OpenStreams {
  readonly #clock: Clock;
  readonly #limits: StreamLimits;
  readonly #framesChunks: boolean;
  readonly #streams = new Set<OpenStream>();
  #sweep: NodeJS.Timeout | undefined;

  /** @param framesChunks what `canFrameChunks` found; without it Node frames them, for a fifth more of each write */
  constructor(clock: Clock, limits: StreamLimits, framesChunks = false) {
    this.#clock = clock;
    this.#limits = limits;
    this.#framesChunks = framesChunks;
  }

  get size(): number {
    return this.#streams.size;
  }

  /**
   * Takes over a response, which is in the books until it closes. Throws `client-left` where it is closed already: its close
   * would not be told again.
   */
  open(outgoing: ServerResponse, format: StreamFormat): OpenStream {
    if (outgoing.destroyed) throw clientLeft();
    const stream = new OpenStream(outgoing, format, this.#clock, this.#framesChunks);
    this.#streams.add(stream);
    outgoing.on('close', () => this.#streams.delete(stream));
    if (this.#sweep === undefined) this.#startSweep();
    return stream;
  }

  /** Apart from `open`: a closure there would keep the first stream alive for as long as the sweep goes on. */
  #startSweep(): void {
    const interval = Math.min(SWEEP_MS, this.#limits.headerHoldMs, this.#limits.clientStallMs);
    this.#sweep = setInterval(() => this.#sweepAll(), interval).unref();
  }

  /** It ends only when it finds nothing to do: where one stream follows the other, none of them starts it. */
  #sweepAll(): void {
    if (this.#streams.size === 0) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
    }
    const now = this.#clock.monotonic();
    for (const stream of this.#streams) stream.sweep(now, this.#limits);
  }
}

/** One response that is written bit by bit. Its headers wait for the first write, or for the sweep. */
export class OpenStream {
  readonly #outgoing: ServerResponse;
  readonly #format: StreamFormat;
  readonly #clock: Clock;
  readonly #framesChunks: boolean;
  #lastWriteAt: number;
  /** True once the head has promised chunks that are framed here. */
  #isChunked = false;
  #stalledAt: number | undefined;

  constructor(outgoing: ServerResponse, format: StreamFormat, clock: Clock, framesChunks: boolean) {
    this.#outgoing = outgoing;
    this.#format = format;
    this.#clock = clock;
    this.#framesChunks = framesChunks;
    this.#lastWriteAt = clock.monotonic();
  }

  /** True once the status is out, after which an error can only be sent within the stream. */
  get isCommitted(): boolean {
    return this.#outgoing.headersSent;
  }

  /** True once all of the body is given: nothing that happens now is to be seen in it. */
  get isEnded(): boolean {
    return this.#outgoing.writableEnded;
  }

  /** Writes one batch, with the headers in front of the first. True: go on; false: wait for `drained` first. */
  write(text: string): boolean {
    if (!this.#outgoing.headersSent) this.#writeHead();
    this.#lastWriteAt = this.#clock.monotonic();
    return this.#send(this.#isChunked ? toChunk(text) : text);
  }

  /** Resolves when the client has caught up, or is gone. */
  drained(): Promise<void> {
    const outgoing = this.#outgoing;
    if (outgoing.destroyed || !outgoing.writableNeedDrain) return Promise.resolve();
    this.#stalledAt = this.#clock.monotonic();
    return new Promise((resolve) => {
      const done = () => {
        this.#stalledAt = undefined;
        outgoing.off('drain', done);
        outgoing.off('close', done);
        resolve();
      };
      outgoing.on('drain', done);
      outgoing.on('close', done);
    });
  }

  /** Ends the body, with `text` as the last of it. May be called twice: the second time does nothing. */
  end(text = ''): void {
    if (this.isEnded) return;
    if (!this.#outgoing.headersSent) this.#writeHead();
    if (!this.#isChunked) {
      this.#outgoing.end(text);
      return;
    }
    // Given a text with the end, Node has the system gather it with an empty one behind it: that costs more than a write.
    this.#send(text === '' ? LAST_CHUNK : toChunk(text) + LAST_CHUNK);
    this.#outgoing.end();
  }

  /** Ends it so that no client can take it for complete. */
  cut(): void {
    this.#outgoing.destroy();
  }

  sweep(now: number, limits: StreamLimits): void {
    if (this.#stalledAt !== undefined) {
      if (now - this.#stalledAt >= limits.clientStallMs) this.#outgoing.destroy();
      return;
    }
    const silentMs = now - this.#lastWriteAt;
    if (!this.#outgoing.headersSent) {
      if (silentMs < limits.headerHoldMs) return;
      this.#writeHead();
      this.#outgoing.flushHeaders();
      this.#lastWriteAt = now;
    } else if (
      this.#format.ping !== undefined &&
      silentMs >= PING_AFTER_MS &&
      !this.#outgoing.writableEnded
    ) {
      this.write(this.#format.ping);
    }
  }

  /** Without a cork of ours Node corks the socket for the rest of the tick, at the cost of a callback for each write. */
  #send(text: string): boolean {
    const { socket } = this.#outgoing;
    socket?.cork();
    const hasRoom = this.#outgoing.write(text);
    socket?.uncork();
    return hasRoom;
  }

  #writeHead(): void {
    this.#outgoing.writeHead(200, {
      'content-type': this.#format.contentType,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    if (!this.#framesChunks) return;
    // Node makes four writes of a chunk, which it has the system gather: as one text it is one, and a fifth cheaper.
    this.#isChunked = this.#outgoing.chunkedEncoding;
    this.#outgoing.chunkedEncoding = false;
  }
}

/** What ends a body in chunks (RFC 9112 §7.1). */
const LAST_CHUNK = '0\r\n\r\n';

/** `text`, which is not empty, as one chunk. */
function toChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}
