/** Stands between the bridge and a daemon, and passes on as slowly, or as little, as a test wants. */
import { createConnection, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Proxy {
  /** How often it was dialled. */
  readonly dials: number;
  /** From now on nothing passes on the connections that there are, and none of them is closed. */
  freeze(): void;
}

/** @param acceptAfterMs how long a new connection waits before anything passes */
export async function startProxy(socketPath: string, target: string, acceptAfterMs = 0): Promise<Proxy> {
  let dials = 0;
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    dials++;
    const far = createConnection(target);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('error', () => one.destroy());
      one.on('close', () => other.destroy());
    }
    setTimeout(() => {
      near.pipe(far);
      far.pipe(near);
    }, acceptAfterMs);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  onTestFinished(() => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    server.close();
  });
  return {
    get dials() {
      return dials;
    },
    freeze() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
      }
    },
  };
}
