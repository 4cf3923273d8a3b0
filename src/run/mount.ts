/** A bridge as a part of another server: Fetch requests in, Fetch responses out, streams as their bodies. */
import { type ClientRequest, type IncomingMessage, request as sendRequest } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Context, Hono } from 'hono';
import { basePath } from 'hono/route';
import { openLocalConnection } from '../http/server/local-connection.js';
import type { Bridge } from './bridge.js';

/** What concerns one connection alone (RFC 9110 §7.6.1), and what only Node's client may say of it. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** How much of an answer waits for a reader before its turn is held up, in bytes. */
const WAITING_BYTES = 65_536;

/** An app that answers everything below the path that it is mounted at. */
export function mountable(bridge: Pick<Bridge, 'connect'>): Hono {
  const app = new Hono();
  app.all('*', async (c) => {
    const { connect } = bridge;
    const { client, server } = openLocalConnection(addressOf(c.env));
    connect(server);
    const { raw } = c.req;
    const outgoing = sendRequest({
      method: raw.method,
      path: targetOf(c),
      headers: { ...headersOf(raw), ...(baseOf(c) === '' ? {} : { 'x-forwarded-prefix': baseOf(c) }) },
      createConnection: () => client,
    });
    const leave = () => outgoing.destroy();
    raw.signal.addEventListener('abort', leave);
    outgoing.on('close', () => raw.signal.removeEventListener('abort', leave));
    if (raw.signal.aborted) leave();
    const answer = whenAnswered(outgoing);
    // Where it fails, the answer or its failure says so.
    sendBody(c, outgoing).catch(() => outgoing.destroy());
    return toResponse(await answer, outgoing, baseOf(c));
  });
  return app;
}

/** The client's address, where this runs on a server of Node's. */
function addressOf(env: unknown): string | undefined {
  if (typeof env !== 'object' || env === null || !('incoming' in env)) return undefined;
  const { incoming } = env;
  if (typeof incoming !== 'object' || incoming === null || !('socket' in incoming)) return undefined;
  const { socket } = incoming;
  if (typeof socket !== 'object' || socket === null || !('remoteAddress' in socket)) return undefined;
  return typeof socket.remoteAddress === 'string' ? socket.remoteAddress : undefined;
}

/** What it is mounted at, without a slash at its end: '' for the root. */
function baseOf(c: Context): string {
  return basePath(c).replace(/\/$/, '');
}

/** Path and query, without what the app is mounted at. */
function targetOf(c: Context): string {
  const { pathname, search } = new URL(c.req.raw.url);
  const base = baseOf(c);
  const isBelow = base !== '' && (pathname === base || pathname.startsWith(`${base}/`));
  return ((isBelow ? pathname.slice(base.length) : pathname) || '/') + search;
}

function headersOf(request: Request): Record<string, string> {
  const { headers, url } = request;
  const kept = [...headers].filter(([name]) => !OF_THE_CONNECTION.has(name));
  return { ...Object.fromEntries(kept), host: headers.get('host') ?? new URL(url).host };
}

/** A body that something before this has read already is there once more, as Hono has kept it. */
async function sendBody(c: Context, outgoing: ClientRequest): Promise<void> {
  const { raw } = c.req;
  if (raw.bodyUsed) outgoing.end(Buffer.from(await c.req.arrayBuffer()));
  else if (raw.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(raw.body), outgoing);
}

function whenAnswered(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
  });
}

function toResponse(answer: IncomingMessage, outgoing: ClientRequest, base: string): Response {
  const headers = new Headers();
  const { rawHeaders, statusCode: status = 502, statusMessage: statusText = '' } = answer;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) headers.append(name, value);
  }
  const location = headers.get('location');
  if (location?.startsWith('/')) headers.set('location', base + location);
  const isEmpty = status === 204 || status === 304 || outgoing.method === 'HEAD';
  if (isEmpty) answer.resume();
  return new Response(isEmpty ? null : toBody(answer, outgoing), { status, statusText, headers });
}

/** A reader that leaves takes its turn with it; an answer that is cut ends in an error. */
function toBody(answer: IncomingMessage, outgoing: ClientRequest): ReadableStream<Uint8Array> {
  let isOver = false;
  const once = (end: () => void) => () => {
    if (!isOver) end();
    isOver = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        answer.on('data', (chunk: Buffer) => {
          if (isOver) return;
          controller.enqueue(new Uint8Array(chunk));
          if ((controller.desiredSize ?? 0) <= 0) answer.pause();
        });
        answer.on(
          'end',
          once(() => controller.close()),
        );
        const cut = once(() => controller.error(new Error('the answer was cut before its end')));
        answer.on('error', cut);
        answer.on('close', cut);
      },
      pull() {
        answer.resume();
      },
      cancel: once(() => outgoing.destroy()),
    },
    { highWaterMark: WAITING_BYTES, size: (chunk) => chunk.byteLength },
  );
}
