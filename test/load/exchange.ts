/** One request and its answer, by a client whose manners may be bad: it sends slowly, reads slowly, or leaves. */
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';

/** Where a client leaves: its connection is reset or closed there, without a word. */
export type Leave =
  | { readonly when: 'before-body' }
  | { readonly when: 'mid-body' }
  /** The request is sent; so long afterwards, in ms, whatever came. */
  | { readonly when: 'after-request'; readonly ms: number }
  /** So many bytes of the answer's body have come. */
  | { readonly when: 'mid-answer'; readonly bytes: number }
  /** The last frame has come, but not the end of the answer. */
  | { readonly when: 'at-end' };

export interface Manners {
  readonly keepsAlive: boolean;
  /** How many pieces the body is sent in, with `pauseMs` between them. */
  readonly send: { readonly pieces: number; readonly pauseMs: number };
  /** How long the client rests after each piece that it has read, in ms; 0 reads all the time. It hurries after 3 s of rest. */
  readonly readPauseMs: number;
  readonly leave?: Leave;
}

export interface Asking {
  /** The server's address. */
  readonly url: string;
  readonly path: string;
  readonly body: string;
  readonly endMark: string;
  readonly manners: Manners;
  /** For the clients that keep their connections. */
  readonly agent: Agent;
  /** Past that the client gives up, in ms. */
  readonly boundMs: number;
}

/**
 * `answered`: all of it came. `left`: the client did as planned. `cut`: the server ended the connection before the end of
 * the answer, or without one. `overdue`: neither within the bound.
 */
export interface Exchange {
  readonly kind: 'answered' | 'left' | 'cut' | 'overdue';
  /** 0 where no answer began. */
  readonly status: number;
  readonly body: string;
}

const MAX_REST_MS = 3_000;

/** Never rejects. */
export function exchange(asking: Asking): Promise<Exchange> {
  const { url, path, body, endMark, manners, agent, boundMs } = asking;
  const { leave } = manners;
  const bytes = Buffer.from(body);
  const isDueAtEnd = leave?.when === 'at-end';
  return new Promise((resolve) => {
    let response: IncomingMessage | undefined;
    let received = '';
    let receivedBytes = 0;
    let restedMs = 0;
    const timers = new Set<NodeJS.Timeout>();
    const after = (ms: number, act: () => void) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        act();
      }, ms);
      timers.add(timer);
    };
    const outgoing = request(url + path, {
      method: 'POST',
      agent: manners.keepsAlive ? agent : false,
      headers: { 'content-type': 'application/json', 'content-length': bytes.length },
    });
    const done = (kind: Exchange['kind']) => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      if (kind !== 'answered') outgoing.destroy();
      resolve({ kind, status: response?.statusCode ?? 0, body: received });
    };
    after(boundMs, () => done('overdue'));
    outgoing.on('error', () => {
      if (response === undefined) done('cut');
    });
    outgoing.on('response', (incoming) => {
      response = incoming;
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => {
        received += text;
        receivedBytes += text.length;
        if (leave?.when === 'mid-answer' && receivedBytes >= leave.bytes) done('left');
        else if (isDueAtEnd && received.slice(-text.length - endMark.length).includes(endMark)) done('left');
        else if (manners.readPauseMs > 0 && restedMs < MAX_REST_MS) {
          restedMs += manners.readPauseMs;
          incoming.pause();
          after(manners.readPauseMs, () => incoming.resume());
        }
      });
      incoming.on('end', () => done(incoming.complete ? 'answered' : 'cut'));
      incoming.on('error', () => done('cut'));
    });
    send(outgoing, bytes, manners, after, () => done('left'));
  });
}

function send(
  outgoing: ClientRequest,
  bytes: Buffer,
  { send: { pieces, pauseMs }, leave }: Manners,
  after: (ms: number, act: () => void) => void,
  go: () => void,
): void {
  if (leave?.when === 'before-body') {
    // Node holds the headers back for the body, so there is something to leave behind only when they are out.
    outgoing.flushHeaders();
    outgoing.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => after(1, go));
      else after(1, go);
    });
    return;
  }
  const size = Math.ceil(bytes.length / pieces);
  const next = (start: number) => {
    if (leave?.when === 'mid-body' && start > 0) {
      go();
      return;
    }
    if (outgoing.destroyed) return;
    const end = start + (leave?.when === 'mid-body' ? Math.ceil(bytes.length / 2) : size);
    if (end >= bytes.length) {
      outgoing.end(bytes.subarray(start));
      if (leave?.when === 'after-request') after(leave.ms, go);
      return;
    }
    outgoing.write(bytes.subarray(start, end));
    after(Math.max(1, pauseMs), () => next(end));
  };
  next(0);
}
