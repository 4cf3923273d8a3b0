/** The probabilities of tokens, as a server gives them, on the surfaces that have them. */
import OpenAI from 'openai';
import { describe, expect, it, test } from 'vitest';
import { type Answer, ASKS, type AskSurface, at, toAnswer } from '../front-door/ask-surfaces.js';
import type { ChatAnswer } from './fake-upstream.js';
import { startUpstreamWorld } from './upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

/** The keys stand as no daemon would sort them. */
const token = (text: string, logprob: number) => ({
  token: text,
  logprob,
  bytes: [...Buffer.from(text)],
  top_logprobs: [
    { token: text, logprob, bytes: [...Buffer.from(text)] },
    { token: 'x', logprob: -9.5, bytes: [120] },
  ],
});
const TOKENS = [token('Hel', -0.25), token('lo', -0.5), token('.', -1)];

const GENERATE: AskSurface = {
  ...(ASKS[0]?.surface as AskSurface),
  name: 'generate',
  path: '/api/generate',
  body: (model, prompt, stream, fields = {}) => ({ model, prompt, stream, ...fields }),
  text: ({ values }) => values.map((value) => at(value, 'response')).join(''),
};

const SURFACES = [
  ...ASKS.filter(({ surface }) => surface.name !== 'messages'),
  { surface: GENERATE, stream: true, how: 'generate, streamed' },
  { surface: GENERATE, stream: false, how: 'generate, whole' },
];

/** How each surface is asked for two alternatives. */
function asking({ name }: AskSurface): Json {
  if (name === 'completions') return { logprobs: 2 };
  return name === 'responses'
    ? { top_logprobs: 2, include: ['message.output_text.logprobs'] }
    : { logprobs: true, top_logprobs: 2 };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** All tokens of the first answer, each as `[token, logprob, alternatives]`. */
function tokensOf({ name }: AskSurface, { isStream, values }: Answer): readonly unknown[] {
  const plain = (entry: unknown) => [
    at(entry, 'token'),
    at(entry, 'logprob'),
    list(at(entry, 'top_logprobs')).map((other) => [at(other, 'token'), at(other, 'logprob')]),
  ];
  if (name === 'completions')
    return values.flatMap((value) => {
      const logprobs = at(value, 'choices', 0, 'logprobs');
      return list(at(logprobs, 'tokens')).map((text, index) => [
        text,
        at(logprobs, 'token_logprobs', index),
        Object.entries(at(logprobs, 'top_logprobs', index) ?? {}),
      ]);
    });
  const entries = values.flatMap((value) => {
    switch (name) {
      case 'ollama':
      case 'generate':
        return list(at(value, 'logprobs'));
      case 'responses':
        return isStream
          ? list(at(value, 'type') === 'response.output_text.delta' ? at(value, 'logprobs') : [])
          : list(at(value, 'output', -1, 'content', 0, 'logprobs'));
      default:
        return list(at(value, 'choices', 0, 'logprobs', 'content'));
    }
  });
  return entries.map(plain);
}

const WANTED = TOKENS.map(({ token: text, logprob }) => [
  text,
  logprob,
  [
    [text, logprob],
    ['x', -9.5],
  ],
]);

function say(answer: ChatAnswer, tokens: readonly Json[] = TOKENS): void {
  for (const each of tokens)
    answer.chunk({
      choices: [
        {
          index: 0,
          delta: { content: each['token'] },
          logprobs: { content: [each], refusal: null },
          finish_reason: null,
        },
      ],
    });
  answer.finish('stop');
}

/** Shapes in which servers give them. */
const SHAPES: readonly (readonly [string, (answer: ChatAnswer) => void])[] = [
  ['a chunk for each token', say],
  [
    'a whole answer',
    (answer) => {
      const message = { role: 'assistant', content: 'Hello.' };
      const choices = [{ index: 0, message, logprobs: { content: TOKENS }, finish_reason: 'stop' }];
      answer.refuse(200, { id: 'c', choices });
    },
  ],
  [
    'a list for each property, as older completions have it',
    (answer) => {
      const logprobs = {
        tokens: TOKENS.map((each) => each.token),
        token_logprobs: TOKENS.map((each) => each.logprob),
        top_logprobs: TOKENS.map((each) => ({ [each.token]: each.logprob, x: -9.5 })),
      };
      answer.chunk({ choices: [{ index: 0, delta: { content: 'Hello.' }, logprobs, finish_reason: null }] });
      answer.finish('stop');
    },
  ],
];

describe.each(SURFACES)('probabilities on $how', ({ surface, stream }) => {
  test.each(SHAPES)('come as the server gives them: %s', async (_, play) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = play;
    const body = surface.body('llama3', 'Hello?', stream, asking(surface));
    const answer = await toAnswer(await world.post(surface.path, body));
    expect(world.upstream.chats[0]?.body).toMatchObject({ logprobs: true, top_logprobs: 2 });
    expect(surface.text(answer)).toBe('Hello.');
    expect(tokensOf(surface, answer)).toEqual(WANTED);
  });

  test('are none where they were not asked for, and none where the server has none', async () => {
    const world = await startUpstreamWorld();
    const body = (fields: Json) => surface.body('llama3', 'Hello?', stream, fields);
    const plain = await toAnswer(await world.post(surface.path, body({})));
    expect(world.upstream.chats[0]?.body).not.toHaveProperty('logprobs');
    expect(tokensOf(surface, plain)).toEqual([]);
    const asked = await toAnswer(await world.post(surface.path, body(asking(surface))));
    expect([asked.status, tokensOf(surface, asked)]).toEqual([200, []]);
  });

  test('are left out where the server refuses them, the number with them', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => {
      const { body = {} } = answer.request;
      if ('logprobs' in body || 'top_logprobs' in body) {
        const message = 'logprobs' in body ? '`logprobs` is not supported with this model' : 'wants logprobs';
        answer.refuse(400, { error: { message } });
      } else answer.delta({ content: 'fine' }).finish('stop');
    };
    const body = surface.body('llama3', 'Hello?', stream, asking(surface));
    expect(surface.text(await toAnswer(await world.post(surface.path, body)))).toBe('fine');
  });
});

describe('probabilities', () => {
  it.each([true, false])('of several answers stay apart: stream %s', async (stream) => {
    const world = await startUpstreamWorld();
    let count = 0;
    world.upstream.onChat = (answer) => {
      const number = ++count;
      say(answer, [token(`a${number}`, -number), token(`b${number}`, -number)]);
    };
    const body = {
      model: 'llama3',
      n: 3,
      stream,
      messages: [{ role: 'user', content: '?' }],
      logprobs: true,
    };
    const { values } = await toAnswer(await world.post('/v1/chat/completions', body));
    const byChoice = new Map<unknown, { text: string; tokens: string }>();
    for (const choice of values.flatMap((value) => list(at(value, 'choices')))) {
      const known = byChoice.get(at(choice, 'index')) ?? { text: '', tokens: '' };
      known.text += at(choice, stream ? 'delta' : 'message', 'content') ?? '';
      known.tokens += list(at(choice, 'logprobs', 'content'))
        .map((each) => at(each, 'token'))
        .join('');
      byChoice.set(at(choice, 'index'), known);
    }
    expect([...byChoice.values()].map(({ text }) => text).sort()).toEqual(['a1b1', 'a2b2', 'a3b3']);
    for (const { text, tokens } of byChoice.values()) expect(tokens).toBe(text);
  });

  it.each([true, false])('are byte for byte those of the server in a chat: stream %s', async (stream) => {
    const odd = { zeta: 1, token: '\u00ff', top_logprobs: [], logprob: -0.1, bytes: [195], id: 7 };
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => say(answer, [odd]);
    const body = { model: 'llama3', stream, messages: [{ role: 'user', content: '?' }], logprobs: true };
    const { body: text } = await toAnswer(await world.post('/v1/chat/completions', body));
    expect(text).toContain(`"logprobs":{"content":[${JSON.stringify(odd)}],"refusal":null}`);
  });

  it('of thoughts stand in a chat, as the server has them, and in no response', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => {
      const thought = [token('Hm', -0.1)];
      const delta = { reasoning_content: 'Hm' };
      answer.chunk({ choices: [{ index: 0, delta, logprobs: { content: thought }, finish_reason: null }] });
      say(answer);
    };
    const chat = { model: 'llama3', messages: [{ role: 'user', content: '?' }], logprobs: true };
    const answer: unknown = await (await world.post('/v1/chat/completions', chat)).json();
    expect(list(at(answer, 'choices', 0, 'logprobs', 'content'))).toHaveLength(4);
    const asked = { model: 'llama3', input: '?', store: false, include: ['message.output_text.logprobs'] };
    const response: unknown = await (await world.post('/v1/responses', asked)).json();
    const part = at(response, 'output', -1, 'content', 0);
    expect(list(at(part, 'logprobs')).map((each) => at(each, 'token'))).toEqual(['Hel', 'lo', '.']);
  });

  it('stand beside JSON that is checked, streamed and whole', async () => {
    const world = await startUpstreamWorld();
    const tokens = [token('{"a"', -1), token(':1}', -2)];
    world.upstream.onChat = (answer) => say(answer, tokens);
    for (const stream of [true, false]) {
      const chat = {
        ...{ model: 'llama3', messages: [{ role: 'user', content: '?' }], logprobs: true, stream },
        response_format: { type: 'json_object' },
      };
      const { values } = await toAnswer(await world.post('/v1/chat/completions', chat));
      const found = values.flatMap((value) => list(at(value, 'choices', 0, 'logprobs', 'content')));
      expect(found.map((each) => at(each, 'token'))).toEqual(['{"a"', ':1}']);
    }
  });

  it('begin in a completion where their token stands in its text', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => say(answer);
    for (const [echo, offsets] of [
      [false, [0, 3, 5]],
      [true, [2, 5, 7]],
    ] as const)
      for (const stream of [true, false]) {
        const body = { model: 'llama3', prompt: 'Hi', logprobs: 0, echo, stream };
        const { values } = await toAnswer(await world.post('/v1/completions', body));
        const found = values.flatMap((value) => list(at(value, 'choices', 0, 'logprobs', 'text_offset')));
        expect(found).toEqual(offsets);
      }
  });

  it('are read by the client of OpenAI', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => say(answer);
    const client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: 'none', maxRetries: 0 });
    const messages = [{ role: 'user', content: 'Hello?' }] as const;
    const runner = client.chat.completions.stream({
      ...{ model: 'llama3', messages: [...messages], logprobs: true, top_logprobs: 2 },
    });
    const { choices } = await runner.finalChatCompletion();
    expect(choices[0]?.logprobs?.content?.map((each) => each.token)).toEqual(['Hel', 'lo', '.']);
    const stream = client.responses.stream({
      ...{ model: 'llama3', input: 'Hello?', top_logprobs: 2 },
      include: ['message.output_text.logprobs'],
    });
    const { output } = await stream.finalResponse();
    expect(at(output, 0, 'content', 0, 'logprobs', 1, 'top_logprobs', 0, 'token')).toBe('lo');
  });
});
