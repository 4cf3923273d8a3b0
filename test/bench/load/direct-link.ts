/** The stand-in's socket, spoken as a bee speaks it: what a request costs where there is no bridge. */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { MODEL, type Order, toOrderText } from '../order.js';
import { AnswerReader, TEXT_MARKS } from './answer-reader.js';
import type { Asked, Lane } from './lane.js';

const READ_BUFFER = Buffer.allocUnsafe(65_536);
const SID_MARK = '"sid":"';
const SID_LENGTH = 36;
const FINISH_MARK = '"chi":"finish"';
const ECHO_MARK = '"chi":"echo"';

/** One for all lanes of a job, as a bridge has one for all its clients. */
export class DirectLink {
  readonly #socket: Socket;
  readonly #running = new Map<string, (line: string, now: number) => void>();
  readonly #isUp: Promise<void>;
  #rest = '';
  #rids = 0;

  constructor(socketPath: string) {
    let up: () => void;
    this.#isUp = new Promise((resolve) => {
      up = resolve;
    });
    this.#socket = connect({
      path: socketPath,
      onread: {
        buffer: READ_BUFFER,
        callback: (bytes) => {
          const now = performance.now();
          const text = this.#rest + READ_BUFFER.toString('latin1', 0, bytes);
          let start = 0;
          for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
            const line = text.slice(start, end);
            start = end + 1;
            const sidAt = line.indexOf(SID_MARK) + SID_MARK.length;
            if (sidAt >= SID_MARK.length)
              this.#running.get(line.slice(sidAt, sidAt + SID_LENGTH))?.(line, now);
            else if (line.includes(ECHO_MARK)) up();
          }
          this.#rest = text.slice(start);
          return true;
        },
      },
    });
    // A socket that breaks leaves answers without an end, which is what the job then tells.
    this.#socket.on('error', () => this.#socket.destroy());
    const hello = { chi: 'hello', rid: 'bench', from: 'bench', bee: ['forager'], protoVersion: '0.7.0' };
    this.#socket.write(`${JSON.stringify(hello)}\n`);
  }

  createLane(historyCharacters: number): Lane {
    const history = 'All work and no play. '.repeat(historyCharacters / 22);
    return {
      open: () => this.#isUp,
      ask: (order) => this.#ask(order, history),
      close: () => undefined,
    };
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask(order: Order, history: string): Promise<Asked> {
    return new Promise((resolve) => {
      const sid = randomUUID();
      const reader = new AnswerReader(order.stream, order.tokens, TEXT_MARKS[order.dialect]);
      const text = history + toOrderText(order);
      const rid = `direct-${this.#rids++}`;
      const prompt = { chi: 'prompt', rid, sid, hive: 'bench', modelId: MODEL, content: text, text };
      const line = `${JSON.stringify(prompt)}\n`;
      const sentAt = performance.now();
      this.#running.set(sid, (tone, now) => {
        reader.readLines(tone, now);
        if (!tone.includes(FINISH_MARK)) return;
        this.#running.delete(sid);
        this.#socket.write(`{"chi":"cleanup","rid":"direct-${this.#rids++}","sid":"${sid}"}\n`);
        const firstTokenMs = reader.firstTokenAt === undefined ? undefined : reader.firstTokenAt - sentAt;
        resolve({ count: reader.count, firstTokenMs, largestGapMs: reader.largestGapMs, failure: undefined });
      });
      this.#socket.write(line);
    });
  }
}
