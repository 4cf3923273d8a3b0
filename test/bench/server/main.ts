/** A server of OpenAI's API that answers what an order asks for, as fast as it is read: what `--upstream` is measured in front of. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MODEL, readOrder, toToken } from '../order.js';

/** Tokens that are written at once. */
const TOKENS_AT_ONCE = 64;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ object: 'list', data: [{ id: MODEL, object: 'model' }] }));
    return;
  }
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (piece: string) => {
    text += piece;
  });
  request.on('end', () => {
    const body = JSON.parse(text);
    const order = readOrder(body.messages.at(-1).content);
    if (order === undefined) response.writeHead(400).end('{"error":{"message":"no order"}}');
    else if (body.stream === true) void stream(response, order.stream, order.tokens);
    else response.end(JSON.stringify(toWhole(order.stream, order.tokens)));
  });
});

async function stream(response: ServerResponse, number: number, tokens: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let index = 0; index < tokens; ) {
    let piece = '';
    for (const end = Math.min(tokens, index + TOKENS_AT_ONCE); index < end; index++)
      piece += `data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"${toToken(number, index)}"},"finish_reason":null}]}\n\n`;
    if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
    if (response.destroyed) return;
  }
  const usage = { prompt_tokens: 10, completion_tokens: tokens, total_tokens: tokens + 10 };
  response.end(
    `data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: ${JSON.stringify({ id: 'c', choices: [], usage })}\n\ndata: [DONE]\n\n`,
  );
}

function toWhole(number: number, tokens: number): object {
  const content = Array.from({ length: tokens }, (_, index) => toToken(number, index)).join('');
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  return { id: 'c', object: 'chat.completion', choices };
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port });
});
process.on('disconnect', () => process.exit());
