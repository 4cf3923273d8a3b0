/** Sends bytes as the body of a request, and waits for the whole answer for so long and no longer. */
import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export interface Shot {
  readonly method: string;
  readonly path: string;
  readonly body?: Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Rejects if the answer is not whole within `patienceMs`, or the connection breaks. */
export function send(
  url: string,
  { method, path, body, headers }: Shot,
  patienceMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const outgoing = request(
      {
        hostname,
        port,
        path,
        method,
        agent,
        headers: {
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': body.length }),
          ...headers,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          clearTimeout(timer);
          resolve({
            status: incoming.statusCode ?? 0,
            contentType: incoming.headers['content-type'] ?? '',
            text: Buffer.concat(chunks).toString(),
          });
        });
      },
    );
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no whole answer within ${patienceMs} ms`)),
      patienceMs,
    );
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      // The server may close a connection while the next request is on its way to it: that one was never read.
      if (outgoing.reusedSocket && 'code' in error && error.code === 'ECONNRESET') {
        resolve(send(url, { method, path, body, headers: { ...headers, connection: 'close' } }, patienceMs));
      } else reject(error);
    });
    outgoing.end(body);
  });
}
