/**
 * Requests that ask for another protocol: a WebSocket is answered by its route, everything else as if it had not asked
 * (RFC 9110 §7.8). Node takes each of them off its parser as soon as anything listens for one.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What opens the WebSocket of a request that asks for one; each is called once at most. */
const pending = new WeakMap<IncomingMessage, () => void>();

/** What may come behind a request that waits, in bytes. A WebSocket's client sends nothing before it is answered. */
const MAX_EARLY_BYTES = 2 ** 20;

/**
 * Watches a connection on which a request for another protocol waits behind earlier ones: Node has let go of it, and sees neither that its
 * client leaves nor that there is room for more of an answer. What comes meanwhile is kept; past a MiB the connection is closed.
 * @param onDrain called when there is room
 * @returns ends that: calls what it is given with what has come, unless the connection is closed by then
 */
export function watchConnection(
  socket: Socket,
  onDrain: () => void,
): (goOn: (early: Buffer) => void) => void {
  const early: Buffer[] = [];
  let bytes = 0;
  const onReadable = () => {
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
      early.push(chunk);
      bytes += chunk.length;
    }
    if (bytes > MAX_EARLY_BYTES) socket.destroy();
  };
  const onEnd = () => socket.destroy();
  socket.on('error', () => socket.destroy());
  socket.on('drain', onDrain);
  socket.on('end', onEnd);
  socket.on('readable', onReadable);
  return (goOn) => {
    socket.off('drain', onDrain);
    socket.off('end', onEnd);
    socket.off('readable', onReadable);
    // A moment later it reads for those that listen for its data, as before.
    process.nextTick(() => {
      if (!socket.destroyed) goOn(Buffer.concat(early));
    });
  };
}

export function isWebSocketRequest({
  method,
  headers,
}: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

/** Has `acceptWebSocket` call `open` for this request. */
export function offerWebSocket(incoming: IncomingMessage, open: () => void): void {
  pending.set(incoming, open);
}

/**
 * For the handler of a route: turns the request's connection into a WebSocket, each of whose messages is then a request to the same
 * path by POST. The request itself is answered by that. False where it asks for none.
 */
export function acceptWebSocket(incoming: IncomingMessage): boolean {
  const open = pending.get(incoming);
  if (open === undefined) return false;
  pending.delete(incoming);
  open();
  return true;
}

/** Names of headers that mean nothing once there is no other protocol to go over to. */
const UPGRADE_HEADERS = ['upgrade', 'http2-settings'];

/** The head of the request as it came, without its wish for another protocol: `Upgrade: h2c`, which Java's client sends. */
export function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    if (isUpgradeHeader(name)) continue;
    const kept = name.toLowerCase() === 'connection' ? withoutUpgradeOptions(value) : value;
    if (kept !== '' || value === '') lines.push(`${name}: ${kept}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function isUpgradeHeader(name: string): boolean {
  return UPGRADE_HEADERS.includes(name.trim().toLowerCase());
}

function withoutUpgradeOptions(connection: string): string {
  return connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !isUpgradeHeader(option))
    .join(', ');
}
