/** Sends bytes that no HTTP client would send, over a real socket. */
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Chunks joined. */
  readonly body: string;
  /** All bytes that came, as they came. */
  readonly raw: string;
}

/** The lines of a request's head; `connection: close` is added so that the answer has an end. */
export function head(...lines: readonly string[]): string {
  return [...lines, 'connection: close', '', ''].join('\r\n');
}

/** Resolves when the server has closed the connection, which stays open from this side. */
export function rawExchange(url: string, bytes: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
    onTestFinished(() => void socket.destroy());
    let raw = '';
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      raw += text;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(parse(raw)));
  });
}

function parse(raw: string): RawAnswer {
  const [top = '', ...rest] = raw.split('\r\n\r\n');
  const [statusLine = '', ...lines] = top.split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const body = rest.join('\r\n\r\n');
  return {
    status: Number(statusLine.split(' ')[1] ?? 0),
    headers,
    body: headers.get('transfer-encoding') === 'chunked' ? joinChunks(body) : body,
    raw,
  };
}

/** Fails where a chunk has not as many bytes as its size says, or the last one is missing. */
function joinChunks(body: string): string {
  const joined: Buffer[] = [];
  let rest = Buffer.from(body);
  for (;;) {
    const [, hex = ''] = /^([0-9a-f]+)\r\n/i.exec(rest.toString('latin1', 0, 20)) ?? [];
    if (hex === '')
      throw new Error(`no chunk where one should be: ${JSON.stringify(String(rest).slice(0, 80))}`);
    const size = Number.parseInt(hex, 16);
    const start = hex.length + 2;
    if (rest.toString('latin1', start + size, start + size + 2) !== '\r\n')
      throw new Error('a chunk has another size');
    if (size === 0) return Buffer.concat(joined).toString();
    joined.push(rest.subarray(start, start + size));
    rest = rest.subarray(start + size + 2);
  }
}
