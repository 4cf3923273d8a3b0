/** One bee that has dialled the stand-in: hears its prompts and answers them. What has no room is dropped only where there is a limit. */
import type { Socket } from 'node:net';
import { Answer } from './answer.js';
import { Lines } from './lines.js';
import { readHead, readPromptOrder } from './read-tone.js';
import { TimerWheel } from './timer-wheel.js';
import { type UnreadLimit, UnreadTones } from './unread-tones.js';

/** What is written at once of answers without a pace. */
const BURST_CHARACTERS = 65_536;

export interface Omission {
  /** True once, when a token is to be left out. */
  take(): boolean;
}

export class BeeLink {
  readonly #socket: Socket;
  readonly #omission: Omission;
  readonly #unread: UnreadTones;
  readonly #lines = new Lines();
  readonly #open = new Map<string, Answer>();
  /** Answers without a pace, one token of each in turn. */
  readonly #flood: Answer[] = [];
  readonly #paced = new TimerWheel<Answer>((answers) => this.#play(answers));
  #isPumping = false;
  #out = '';

  constructor(socket: Socket, omission: Omission, limit: UnreadLimit) {
    this.#socket = socket;
    this.#omission = omission;
    this.#unread = new UnreadTones(socket, limit);
    socket.on('data', (chunk: Buffer) => {
      this.#lines.feed(chunk, (line) => this.#hear(line));
      this.#flush();
    });
    socket.on('drain', () => this.#pump());
    this.#say('{"chi":"breath","from":"daemon","protoVersion":"0.7.0","sessions":[]}\n');
    this.#flush();
  }

  /** Sids with an answer that has not ended. */
  get openSids(): number {
    return this.#open.size;
  }

  #hear(line: Buffer): void {
    const { chi, rid, sid } = readHead(line);
    const echo = rid === undefined ? '' : `{"chi":"echo","ok":true,"rid":"${rid}"}\n`;
    if (echo !== '') this.#say(echo);
    if (chi === 'hello') {
      this.#say('{"chi":"breath","from":"daemon","protoVersion":"0.7.0","sessions":{}}\n');
    } else if (chi === 'prompt' && sid !== undefined) {
      if (echo !== '') this.#say(echo);
      this.#answer(sid, line);
    } else if (chi === 'cancel' && sid !== undefined) this.#cancel(sid);
  }

  #answer(sid: string, line: Buffer): void {
    const order = readPromptOrder(line);
    if (order === undefined) {
      this.#say(`{"chi":"error","from":"daemon","message":"the prompt has no order","sid":"${sid}"}\n`);
      return;
    }
    const answer = new Answer(sid, order);
    this.#open.set(sid, answer);
    this.#say(answer.opening());
    if (order.paceMs === 0) {
      this.#flood.push(answer);
      this.#pump();
      return;
    }
    answer.dueAt = this.#paced.now();
    this.#paced.add(answer, answer.dueAt);
  }

  #cancel(sid: string): void {
    const answer = this.#open.get(sid);
    if (answer === undefined) return;
    answer.isCancelled = true;
    this.#end(sid, answer);
  }

  /** Says the next token of each answer that is due. One that is a little late makes up for it. */
  #play(answers: readonly Answer[]): void {
    for (const answer of answers) {
      if (answer.isCancelled) continue;
      this.#sayToken(answer);
      if (answer.isOver) continue;
      answer.dueAt += answer.order.paceMs;
      this.#paced.add(answer, answer.dueAt);
    }
    this.#flush();
  }

  /** A burst of all answers without a pace, and the next one when that has left. */
  #pump(): void {
    if (this.#isPumping || this.#flood.length === 0) return;
    this.#isPumping = true;
    // Prompts that are here already are heard before, so that their answers come side by side.
    setImmediate(() => {
      this.#isPumping = false;
      if (this.#socket.writableNeedDrain) return;
      while (this.#flood.length > 0 && this.#out.length < BURST_CHARACTERS) {
        for (const answer of this.#flood) if (!answer.isCancelled) this.#sayToken(answer);
        for (let index = this.#flood.length - 1; index >= 0; index--) {
          const answer = this.#flood[index];
          if (answer?.isOver !== false || answer.isCancelled) this.#flood.splice(index, 1);
        }
      }
      if (this.#flush()) this.#pump();
    });
  }

  #sayToken(answer: Answer): void {
    if (this.#omission.take()) answer.skipToken();
    else this.#say(answer.nextToken());
    if (answer.isOver && answer.order.ending === 'finish') this.#end(answer.sid, answer);
  }

  #end(sid: string, answer: Answer): void {
    this.#open.delete(sid);
    this.#say(answer.finish());
  }

  #say(line: string): void {
    if (this.#unread.hasRoom()) this.#out += line;
  }

  /** False if the socket has enough for now. */
  #flush(): boolean {
    const out = this.#out;
    this.#out = '';
    return out === '' || this.#socket.write(out, 'latin1', this.#unread.write());
  }
}
