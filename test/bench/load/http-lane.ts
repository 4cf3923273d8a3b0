/** A raw connection to an HTTP server. */
import { connect, type Socket } from 'node:net';
import type { Order } from '../order.js';
import { AnswerReader, TEXT_MARKS } from './answer-reader.js';
import type { Job, Target } from './job.js';
import type { Asked, Lane } from './lane.js';
import { ResponseParser } from './response-parser.js';

/** All connections read into the same bytes: what is read is used at once. */
const READ_BUFFER = Buffer.allocUnsafe(65_536);
const OK = 200;

/** A request that is under way. */
interface Running {
  readonly reader: AnswerReader;
  readonly sentAt: number;
  readonly resolve: (asked: Asked) => void;
  status: number;
}

export class HttpLane implements Lane {
  readonly #target: Extract<Target, { kind: 'http' }>;
  readonly #job: Job;
  readonly #toRequest: (order: Order) => string;
  #socket: Socket | undefined;
  #running: Running | undefined;
  /** When the last read began, in ms on a monotonic clock. */
  #now = 0;

  constructor(target: Extract<Target, { kind: 'http' }>, job: Job, toRequest: (order: Order) => string) {
    this.#target = target;
    this.#job = job;
    this.#toRequest = toRequest;
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#connect();
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
  }

  ask(order: Order): Promise<Asked> {
    return new Promise((resolve) => {
      const request = this.#toRequest(order);
      const sentAt = performance.now();
      const reader = new AnswerReader(order.stream, order.tokens, TEXT_MARKS.http);
      this.#running = { reader, sentAt, resolve, status: 0 };
      const socket = this.#socket === undefined || this.#socket.destroyed ? this.#connect() : this.#socket;
      socket.write(request, 'latin1');
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #connect(): Socket {
    const parser = new ResponseParser({
      onHead: (status) => {
        if (this.#running) this.#running.status = status;
      },
      onBody: (piece) => this.#read(piece),
      onEnd: () => {
        this.#running?.reader.end(this.#now);
        if (this.#job.connections === 'new') this.close();
        this.#settle();
      },
    });
    const { host, port } = this.#target;
    const socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (bytes) => {
          this.#now = performance.now();
          parser.feed(READ_BUFFER.toString('latin1', 0, bytes));
          return true;
        },
      },
    });
    socket.on('error', (error) => this.#settle(error.message));
    socket.once('close', () => {
      if (this.#socket === socket) this.#settle('the connection was closed');
    });
    this.#socket = socket;
    return socket;
  }

  #read(piece: string): void {
    const { ending, tokens } = this.#job;
    const reader = this.#running?.reader;
    if (reader === undefined) return;
    reader.accept(piece, this.#now);
    if (ending === 'whole' || reader.count.tokens < (ending === 'abort' ? 1 : tokens)) return;
    if (ending === 'abort') this.close();
    this.#settle();
  }

  #settle(problem?: string): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const { reader, sentAt, status } = running;
    const failure = problem ?? (status === OK ? undefined : `HTTP ${status}`);
    const firstTokenMs = reader.firstTokenAt === undefined ? undefined : reader.firstTokenAt - sentAt;
    running.resolve({ count: reader.count, firstTokenMs, largestGapMs: reader.largestGapMs, failure });
  }
}
