/** A client that decides about every byte it sends, and when. */
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';

export interface RawClient {
  readonly socket: Socket;
  send(bytes: string): void;
  /** What has come so far. */
  received(): string;
  /** Resolves when `text` has come. */
  until(text: string): Promise<void>;
  /** Resolves with all that came, when the server has closed the connection. */
  closed(): Promise<string>;
  isClosed(): boolean;
}

/** Connected until the test is over. A connection that is reset counts as closed. */
export async function rawClient(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let received = '';
  let isClosed = false;
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    received += text;
  });
  socket.on('error', () => socket.destroy());
  const closing = new Promise<string>((resolve) =>
    socket.once('close', () => {
      isClosed = true;
      resolve(received);
    }),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return {
    socket,
    send: (bytes) => void socket.write(bytes, 'latin1'),
    received: () => received,
    until: (text) =>
      eventually(() => {
        if (!received.includes(text)) throw new Error(`only this came: ${JSON.stringify(received)}`);
      }),
    closed: () => closing,
    isClosed: () => isClosed,
  };
}

/** The statuses of all answers in `raw`, in order. */
export function statusesIn(raw: string): readonly number[] {
  return [...raw.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
