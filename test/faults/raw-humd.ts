/** A socket that behaves as no humd should, in whatever way a test says. */
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawHumd {
  /** How often it was dialled. */
  readonly dials: number;
  /** Everything that came, as text. */
  readonly received: string;
  /** Ends it, and every connection. */
  close(): Promise<void>;
}

/** Listens at `socketPath` until the test is over; `greet` does what is done with each new connection. */
export async function startRawHumd(socketPath: string, greet: (socket: Socket) => void): Promise<RawHumd> {
  let dials = 0;
  let received = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    dials++;
    sockets.add(socket);
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
    return closing;
  };
  onTestFinished(close);
  return {
    get dials() {
      return dials;
    },
    get received() {
      return received;
    },
    close,
  };
}

/** What a humd says first. */
export function breath(protoVersion = '0.7.0'): string {
  return `${JSON.stringify({ chi: 'breath', from: 'daemon', sessions: [], protoVersion })}\n`;
}
