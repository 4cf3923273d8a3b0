/** A real HTTP server that plays an OpenAI-compatible one, as each test tells it to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Parsed; undefined where there was none. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** One chat that is being answered. */
export class ChatAnswer {
  readonly request: SeenRequest;
  readonly response: ServerResponse;
  /** Resolves when the client hangs up before the end. */
  readonly left: Promise<void>;

  constructor(request: SeenRequest, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.left = new Promise((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) resolve();
      });
    });
  }

  /** Sends one chunk with this in its only choice. */
  delta(delta: Readonly<Record<string, unknown>>): this {
    return this.chunk({ choices: [{ index: 0, delta, finish_reason: null }] });
  }

  chunk(fields: Readonly<Record<string, unknown>>): this {
    if (!this.response.headersSent) this.response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.response.write(
      `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', ...fields })}\n\n`,
    );
    return this;
  }

  /** The finish chunk, one with the usage if there is any, and the end. */
  finish(reason: string, usage?: Readonly<Record<string, unknown>>): void {
    this.chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
    if (usage !== undefined) this.chunk({ choices: [], usage });
    this.response.end('data: [DONE]\n\n');
  }

  refuse(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.response.writeHead(status, { 'content-type': 'application/json', ...headers });
    this.response.end(JSON.stringify(body));
  }
}

export interface FakeUpstream {
  /** `http://127.0.0.1:<port>/v1` */
  readonly base: string;
  readonly port: number;
  /** All requests, in order. */
  readonly requests: readonly SeenRequest[];
  /** Those that asked for a chat. */
  readonly chats: readonly SeenRequest[];
  /** What `GET /models` lists. */
  models: readonly string[];
  /** The same with what else it says of them; undefined for the names alone. */
  list: (() => unknown) | undefined;
  onChat: (answer: ChatAnswer) => unknown;
  /** Everything that is neither a chat nor the models. */
  onOther: (answer: ChatAnswer) => void;
  close(): Promise<void>;
}

/** Says `hi` to every chat until told otherwise. */
export async function startFakeUpstream(port = 0): Promise<FakeUpstream> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString();
      const path = request.url ?? '';
      const seen = { path, headers: request.headers, body: text === '' ? undefined : JSON.parse(text) };
      requests.push(seen);
      const answer = new ChatAnswer(seen, response);
      if (path === '/v1/chat/completions') upstream.onChat(answer);
      else if (path === '/v1/models')
        answer.refuse(200, upstream.list?.() ?? { data: upstream.models.map((id) => ({ id })) });
      else upstream.onOther(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  const upstream: FakeUpstream = {
    base: `http://127.0.0.1:${bound}/v1`,
    port: bound,
    requests,
    get chats() {
      return requests.filter(({ path }) => path.endsWith('/chat/completions'));
    },
    models: ['llama3'],
    list: undefined,
    onChat: (answer) => answer.delta({ content: 'hi' }).finish('stop'),
    onOther: (answer) => answer.refuse(404, { error: { message: 'no such route' } }),
    close,
  };
  return upstream;
}
