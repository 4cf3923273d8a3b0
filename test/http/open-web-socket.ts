/** A client of a WebSocket, as a test talks to it: what it sends, and what came in which order. */
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';

const messageShape = z.looseObject({ type: z.string() });

export type WebSocketMessage = z.output<typeof messageShape>;

export interface WebSocketClient {
  /** An object goes out as its JSON. */
  send(message: object | string): void;
  /** The next message that was not asked for yet. */
  next(): Promise<WebSocketMessage>;
  /** What comes up to the next message of one of these types. */
  until(...types: readonly string[]): Promise<readonly WebSocketMessage[]>;
  /** Resolves with the code of the close. */
  readonly closed: Promise<number>;
  close(): void;
  readonly socket: WebSocket;
}

/** Rejects with `{status, body}` where it is refused. */
export async function openWebSocketClient(
  url: string,
  options: ConstructorParameters<typeof WebSocket>[2] = {},
): Promise<WebSocketClient> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), options);
  onTestFinished(() => socket.terminate());
  const come: WebSocketMessage[] = [];
  let wake: () => void = () => {};
  socket.on('message', (data) => {
    come.push(messageShape.parse(JSON.parse(String(data))));
    wake();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
    socket.on('unexpected-response', (_, response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => reject({ status: response.statusCode, headers: response.headers, body }));
    });
  });
  const next = async (): Promise<WebSocketMessage> => {
    for (;;) {
      const message = come.shift();
      if (message !== undefined) return message;
      const isClosed = await Promise.race([
        closed.then(() => true),
        new Promise<false>((resolve) => {
          wake = () => resolve(false);
        }),
      ]);
      if (isClosed && come.length === 0) throw new Error('the connection is closed');
    }
  };
  return {
    socket,
    closed,
    next,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    close: () => socket.close(),
    async until(...types) {
      const messages: WebSocketMessage[] = [];
      for (;;) {
        const message = await next();
        messages.push(message);
        if (types.includes(message.type)) return messages;
      }
    },
  };
}
