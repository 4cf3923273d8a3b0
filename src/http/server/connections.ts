/** The connections of one listener: what each has to be answered, and which has been idle longest. */
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';

export class Connections {
  /** Every connection, with its answers that are not complete yet. */
  readonly #answers = new Map<Socket, ServerResponse[]>();
  /** Those that owe no answer, in the order in which that began. */
  readonly #idle = new Set<Socket>();
  #pending = 0;
  #onQuiet: (() => void)[] = [];

  get size(): number {
    return this.#answers.size;
  }

  /** The one that has been without a request longest; undefined if all have one. */
  longestIdle(): Socket | undefined {
    for (const socket of this.#idle) return socket;
    return undefined;
  }

  all(): readonly Socket[] {
    return [...this.#answers.keys()];
  }

  idle(): readonly Socket[] {
    return [...this.#idle];
  }

  has(socket: Socket): boolean {
    return this.#answers.has(socket);
  }

  /** It is removed when it closes. */
  add(socket: Socket): void {
    this.#answers.set(socket, []);
    this.#idle.add(socket);
    socket.once('close', () => this.remove(socket));
  }

  /** It no longer counts, whether or not it is closed already. Answers that are not complete never will be, and are told so. */
  remove(socket: Socket): void {
    const answers = this.#answers.get(socket) ?? [];
    this.#pending -= answers.length;
    this.#answers.delete(socket);
    this.#idle.delete(socket);
    this.#notifyQuiet();
    for (const outgoing of [...answers]) tellClosed(outgoing);
  }

  /** A request has come whose answer is `outgoing`. */
  begin(socket: Socket, outgoing: ServerResponse): void {
    const answers = this.#answers.get(socket);
    if (answers === undefined || answers.includes(outgoing)) return;
    answers.push(outgoing);
    this.#pending++;
    this.#idle.delete(socket);
  }

  /** The answer is complete, or will never be. True if the connection owes no other one. */
  end(socket: Socket, outgoing: ServerResponse): boolean {
    const answers = this.#answers.get(socket);
    const at = answers?.indexOf(outgoing) ?? -1;
    if (answers === undefined || at === -1) return false;
    answers.splice(at, 1);
    this.#pending--;
    if (answers.length === 0) this.#idle.add(socket);
    this.#notifyQuiet();
    return answers.length === 0;
  }

  hasOpenAnswer(socket: Socket): boolean {
    return (this.#answers.get(socket)?.length ?? 0) > 0;
  }

  /** True if a part of an answer is out, so that nothing but the rest of it may follow. */
  isAnswering(socket: Socket): boolean {
    for (const outgoing of this.#answers.get(socket) ?? []) if (outgoing.headersSent) return true;
    return false;
  }

  /** There is room for more of the answer that is being written. Node says so itself for the connections that it has not let go of. */
  onDrained(socket: Socket): void {
    for (const outgoing of this.#answers.get(socket) ?? [])
      if (outgoing.socket === socket) outgoing.emit('drain');
  }

  /** Resolves as soon as no connection owes an answer. */
  whenQuiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#onQuiet.push(resolve);
      this.#notifyQuiet();
    });
  }

  #notifyQuiet(): void {
    if (this.#pending > 0) return;
    const listeners = this.#onQuiet;
    this.#onQuiet = [];
    for (const tell of listeners) tell();
  }
}

/**
 * Node tells this only the answer that has the socket, once that is closed; not those that wait behind it because their requests came
 * early, nor one whose connection is about to be closed.
 */
function tellClosed(outgoing: ServerResponse): void {
  const { socket } = outgoing;
  if (outgoing.destroyed || outgoing.writableFinished || socket?.destroyed === true) return;
  // What is destroyed would take its connection with it, which still has a refusal to send.
  if (socket !== null) outgoing.detachSocket(socket);
  outgoing.destroy();
  outgoing.emit('close');
}

/** V8 looks at what a function is given once it has been called about 20 times. */
const CALLS = 64;

/**
 * Makes connections a tenth cheaper in this whole process where Node is 20; does nothing with another Node. One call is
 * enough, and another does no harm.
 *
 * `net.Socket` copies its options with a spread and adds to the copy. V8 11 gives what is added to such a copy a new shape each
 * time, so that some 30 loads and stores of every connection miss its inline caches. Once the options have had an accessor, it
 * copies them in its general way, which has shapes that it finds again (test/bench/README.md, "Figures").
 */
export function avoidNewSocketShapes(): void {
  if (!process.versions.node.startsWith('20.')) return;
  const options = {
    get allowHalfOpen() {
      return true;
    },
  };
  // Sockets without a handle: nothing is opened.
  for (let call = 0; call < CALLS; call++) new Socket(options);
}
