/** Makes room for a socket file: takes away what a daemon that died left behind, and nothing else. */
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** Throws when somebody answers at the path, or when what is there is not a socket. */
export async function freeSocketPath(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new Error(`${path} is there already, and it is not a socket`);
  if (await isAnswered(path)) throw new Error(`another daemon answers at ${path}`);
  await unlink(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
