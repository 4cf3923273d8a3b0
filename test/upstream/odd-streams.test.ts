/** Answers as servers really write them, where that is not as it should be, on every surface, streamed and whole. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Answer, ASKS, type AskSurface, toAnswer } from '../front-door/ask-surfaces.js';
import { eventually } from '../eventually.js';
import type { ChatAnswer } from './fake-upstream.js';
import { startUpstreamWorld, type UpstreamWorld } from './upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const delta = (fields: Json | null, more: Json = {}) =>
  event({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: fields, ...more }] });
const STOP = delta({}, { finish_reason: 'stop' });
const DONE = 'data: [DONE]\n\n';
const HELLO = delta({ role: 'assistant', content: 'Hello ' }) + delta({ content: 'world' });

const GOOD: readonly { readonly name: string; readonly body: string }[] = [
  {
    name: 'comments in front and between (OpenRouter)',
    body: `: PROCESSING\n\n${HELLO}: PROCESSING\n\n${STOP}${DONE}`,
  },
  {
    name: 'the whole message once more behind its pieces (MiniMax)',
    body: `${HELLO}${event({ choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello world' } }] })}`,
  },
  {
    name: 'the message alone behind an empty piece',
    body: `${delta({ role: 'assistant', content: '' })}${event({ choices: [{ finish_reason: 'stop', message: { content: 'Hello world' } }] })}`,
  },
  {
    name: 'another answer beside the first one',
    body: `${delta({ content: 'Hello ' })}${event({ choices: [{ index: 1, delta: { content: 'Bonjour' } }] })}${event(
      {
        choices: [
          { index: 1, delta: { content: ' monde' } },
          { index: 0, delta: { content: 'world' } },
        ],
      },
    )}${STOP}${DONE}`,
  },
  {
    name: 'events that are no JSON, by the name of ping',
    body: `event: ping\ndata: ping\n\n${HELLO}${STOP}${DONE}`,
  },
  {
    name: 'numbers that are none (Python)',
    body: `${HELLO}data: {"choices":[{"index":0,"delta":{"content":""},"cost":NaN,"all":[-Infinity, Infinity]}]}\n\n${STOP}${DONE}`,
  },
  {
    name: 'deltas that are null',
    body: `${delta(null)}${HELLO}${delta(null, { finish_reason: 'stop' })}${DONE}`,
  },
  {
    name: 'an empty role',
    body: `${delta({ role: '', content: 'Hello world', reasoning_content: '' })}${STOP}${DONE}`,
  },
  {
    name: 'lines that end as on Windows, and no blanks',
    body: `${HELLO}${STOP}${DONE}`.replaceAll('\n', '\r\n').replaceAll('data: ', 'data:'),
  },
  {
    name: 'an end under another name (Google)',
    body: `${HELLO}${delta({}, { finish_reason: null, finishReason: 'STOP' })}`,
  },
  { name: 'a mark of byte order', body: `\ufeff${HELLO}${STOP}${DONE}` },
  {
    name: 'one JSON text over several lines of data',
    body: `data: {"choices":[{"index":0,\ndata: "delta":{"content":"Hello world"}}]}\n\n${STOP}${DONE}`,
  },
];

const BAD: readonly {
  readonly name: string;
  readonly body: string;
  /** Of a whole answer on `/v1`. */
  readonly status: number;
  readonly says: string;
}[] = [
  {
    name: 'an error in a line of its own name (llama.cpp)',
    body: `error: ${JSON.stringify({ code: 500, message: 'the slot is gone', type: 'server_error' })}\n\n`,
    status: 502,
    says: 'the slot is gone',
  },
  {
    name: 'the bare JSON of an error, in the middle of a stream (FastAPI)',
    body: `: begun\n\n${JSON.stringify({ error: { message: 'out of memory', type: 'InternalServerError', code: 500 } })}\n`,
    status: 502,
    says: 'out of memory',
  },
  {
    name: 'an error about the context there',
    body: `error: ${JSON.stringify({ code: 400, message: 'the request exceeds the available context size', type: 'exceed_context_size_error' })}\n\n`,
    status: 400,
    says: 'the request exceeds the available context size',
  },
  {
    name: 'an error within the choice (OpenRouter)',
    body: event({
      choices: [
        {
          index: 0,
          delta: { content: '' },
          error: { code: 502, message: 'the provider is gone' },
          finish_reason: 'error',
        },
      ],
    }),
    status: 502,
    says: 'the provider is gone',
  },
  {
    name: 'an error within the choice of a whole answer',
    body: JSON.stringify({
      choices: [
        {
          message: { role: 'assistant', content: '' },
          error: { code: 429, message: 'slow down' },
          finish_reason: 'error',
        },
      ],
    }),
    status: 429,
    says: 'slow down',
  },
  {
    name: 'a refusal with a 200 (MiniMax)',
    body: JSON.stringify({
      id: 'c',
      choices: null,
      base_resp: { status_code: 1008, status_msg: 'insufficient balance' },
    }),
    status: 502,
    says: 'insufficient balance',
  },
  {
    name: 'text that is no JSON, by no name',
    body: 'data: so\n\n',
    status: 502,
    says: 'the upstream gave an answer that cannot be read',
  },
];

function write({ response }: ChatAnswer, body: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(body);
}

async function ask(world: UpstreamWorld, surface: AskSurface, stream: boolean): Promise<Answer> {
  return toAnswer(await world.post(surface.path, surface.body('llama3', 'Hello?', stream)));
}

describe('an answer is read', () => {
  it.each(GOOD)('with $name', async ({ body }) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => write(answer, body);
    for (const { surface, stream, how } of ASKS)
      expect([how, surface.text(await ask(world, surface, stream))]).toEqual([how, 'Hello world']);
  });
});

describe('what went wrong is said', () => {
  it.each(BAD)('by $name', async ({ body, status, says }) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => write(answer, body);
    for (const { surface, how } of ASKS.filter(({ stream }) => !stream)) {
      const answer = await ask(world, surface, false);
      expect([how, answer.status, String(surface.errorText(answer.values[0] ?? {}))]).toEqual([
        how,
        status,
        expect.stringContaining(says),
      ]);
    }
    // Behind a piece of an answer.
    if (!body.startsWith('{')) {
      world.upstream.onChat = (answer) => write(answer, delta({ content: 'Half' }) + body);
      for (const { surface, how } of ASKS.filter(({ stream }) => stream)) {
        const { values, body: text } = await ask(world, surface, true);
        expect([how, text]).toEqual([how, expect.stringContaining(says)]);
        expect(values.length).toBeGreaterThan(0);
      }
    }
  });
});

describe('a server that says only that it is there', () => {
  it('is waited for, and its bridge hears of it', async () => {
    const world = await startUpstreamWorld({
      limits: { silenceMs: 1_500 },
      config: { turnTimeoutMs: 120_000 },
    });
    let comments = 0;
    world.upstream.onChat = async (answer) => {
      answer.response.writeHead(200, { 'content-type': 'text/event-stream' });
      // Much longer than it may be silent.
      for (; comments < 25; comments++, await delay(100)) answer.response.write(': PROCESSING\n\n');
      answer.response.end(`${HELLO}${STOP}${DONE}`);
    };
    const answer = world.post('/api/chat', {
      model: 'llama3',
      stream: false,
      messages: [{ role: 'user', content: '?' }],
    });
    await eventually(() => expect(world.said.map(({ chi }) => chi)).toContain('pulse'));
    expect(await (await answer).json()).toMatchObject({ message: { content: 'Hello world' } });
    expect([comments, world.said.filter(({ chi }) => chi === 'pulse').length]).toEqual([25, 1]);
  });
});
