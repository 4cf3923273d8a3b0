/**
 * The least that a bridge on Node can be, as a measure of the machine: it trusts every byte, keeps nothing, has no limits, and
 * forgets clients that leave. What it costs, nobody gets back by better code on `node:http`.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import type { AddressInfo } from 'node:net';

interface Answer {
  readonly response: ServerResponse;
  readonly isOllama: boolean;
  readonly isStreamed: boolean;
  text: string;
}

const [socketPath = ''] = process.argv.slice(2);
const answers = new Map<string, Answer>();
let prompts = 0;
let rest = '';

const humd = createConnection(socketPath, () => {
  humd.write(
    '{"chi":"hello","rid":"floor","protoVersion":"0.2","bee":["forager"],"hid":"floor","name":"floor"}\n',
  );
});

humd.setEncoding('utf8').on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  const touched = new Set<Answer>();
  for (const line of lines) {
    const tone = JSON.parse(line);
    const answer = answers.get(tone.sid);
    if (answer === undefined) continue;
    if (tone.chi === 'chunk' && tone.chunkType === 'text_delta') {
      answer.text += answer.isStreamed ? toPiece(answer, tone.delta) : tone.delta;
      touched.add(answer);
    } else if (tone.chi === 'finish') {
      answers.delete(tone.sid);
      touched.delete(answer);
      answer.response.end(answer.isStreamed ? answer.text + toLast(answer) : toWhole(answer));
      humd.write(`{"chi":"cleanup","rid":"${tone.sid}","sid":"${tone.sid}"}\n`);
    }
  }
  for (const answer of touched) {
    if (!answer.isStreamed) continue;
    answer.response.write(answer.text);
    answer.text = '';
  }
});

function toPiece({ isOllama }: Answer, delta: string): string {
  return isOllama
    ? `{"model":"m","message":{"role":"assistant","content":${JSON.stringify(delta)}},"done":false}\n`
    : `data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":${JSON.stringify(delta)}}}]}\n\n`;
}

function toLast({ isOllama }: Answer): string {
  return isOllama
    ? '{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}\n'
    : 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
}

function toWhole({ isOllama, text }: Answer): string {
  const message = { role: 'assistant', content: text };
  return JSON.stringify(
    isOllama
      ? { model: 'm', message, done: true, done_reason: 'stop' }
      : { object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] },
  );
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(pieces).toString());
    const sid = randomUUID();
    const text = body.messages.at(-1).content;
    const answer = {
      response,
      isOllama: request.url === '/api/chat',
      isStreamed: body.stream !== false,
      text: '',
    };
    answers.set(sid, answer);
    response.setHeader('content-type', 'application/json');
    const prompt = { chi: 'prompt', rid: `f-${prompts++}`, sid, modelId: body.model, content: text, text };
    humd.write(`${JSON.stringify(prompt)}\n`);
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port });
});
process.on('disconnect', () => process.exit());
