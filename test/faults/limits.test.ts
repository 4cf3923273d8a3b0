/** What is bounded, and what becomes of that which is over its bound. */
import { describe, expect, it } from 'vitest';
import type { HiveConfig } from '../../src/hive/config-keys.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { eventually } from '../eventually.js';
import { chat, script, startWorld, type World, type WorldOptions } from '../front-door/world.js';
import { errorOf, verdictOf } from './ask.js';

type Json = Readonly<Record<string, unknown>>;

const HANG = script({ hang: true });
const MODEL = 'claude-sonnet-4';
const PNG = Buffer.from('\x89PNG\r\n\x1a\n0000', 'latin1').toString('base64');

const user = (content: unknown): Json => ({ role: 'user', content });
const many = <T>(count: number, item: T): readonly T[] => Array.from({ length: count }, () => item);

/** What each surface calls its ways in, and how it says the same. */
const SURFACES = [
  { path: '/api/chat', envelope: (message: string) => ({ error: message }) },
  {
    path: '/v1/chat/completions',
    envelope: (message: string, param: string | null = null, code = 'service_unavailable') => ({
      error: { message, type: param === null ? 'server_error' : 'invalid_request_error', param, code },
    }),
  },
  {
    path: '/v1/messages',
    envelope: (message: string) => ({
      type: 'error',
      error: { type: 'overloaded_error', message },
      request_id: expect.any(String),
    }),
  },
];

const startLimited = (config: Partial<HiveConfig>, more: WorldOptions = {}) =>
  startWorld({ ...more, config });

/** Begins a turn that runs until `leave`. */
async function occupy(world: World, model = MODEL): Promise<{ leave(): void }> {
  const running = world.bridge.nest.runningTurns;
  const controller = new AbortController();
  world.post('/api/chat', chat(HANG, { model }), controller.signal).catch(() => undefined);
  await eventually(() => expect(world.bridge.nest.runningTurns).toBe(running + 1));
  return { leave: () => controller.abort() };
}

describe('how much a request may hold', () => {
  const config = { maxMessages: 3, maxTools: 2, maxImages: 2 };
  const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };
  const imagePart = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
  const anthropicImage = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
  const arrayTooLong = (field: string, limit: number, count: number) =>
    `Invalid '${field}': array too long. Expected an array with maximum length ${limit}, but got an array with length ${count} instead.`;

  it.each([
    [
      '/api/chat',
      { messages: many(4, user('a')) },
      'messages: the request has 4 messages, and at most 3 are taken',
      undefined,
    ],
    [
      '/api/chat',
      { messages: [user('a')], tools: many(3, tool) },
      'tools: the request has 3 tools, and at most 2 are taken',
      undefined,
    ],
    [
      '/api/chat',
      { messages: [user('a'), { ...user('b'), images: [PNG, PNG] }, { ...user('c'), images: [PNG] }] },
      'messages[2].images: the request has 3 images, and at most 2 are taken',
      undefined,
    ],
    [
      '/api/generate',
      { prompt: 'a', images: [PNG, PNG, PNG] },
      'images: the request has 3 images, and at most 2 are taken',
      undefined,
    ],
    [
      '/v1/chat/completions',
      { messages: [{ role: 'system', content: 's' }, ...many(3, user('a'))] },
      arrayTooLong('messages', 3, 4),
      'messages',
    ],
    [
      '/v1/chat/completions',
      { messages: [user('a')], tools: many(3, tool) },
      arrayTooLong('tools', 2, 3),
      'tools',
    ],
    [
      '/v1/chat/completions',
      { messages: [user(many(3, imagePart))] },
      "Invalid 'messages': too many images. Expected at most 2 images, but got 3 instead.",
      'messages',
    ],
    ['/v1/responses', { input: many(4, user('a')) }, arrayTooLong('input', 3, 4), 'input'],
    [
      '/v1/responses',
      { input: 'a', tools: many(3, { type: 'function', name: 'f', parameters: { type: 'object' } }) },
      arrayTooLong('tools', 2, 3),
      'tools',
    ],
    [
      '/v1/responses',
      {
        input: [user(many(3, { type: 'input_image', image_url: `data:image/png;base64,${PNG}` }))],
      },
      "Invalid 'input': too many images. Expected at most 2 images, but got 3 instead.",
      'input',
    ],
    [
      '/v1/messages',
      { max_tokens: 5, messages: many(4, user('a')) },
      'messages: List should have at most 3 items after validation, not 4',
      undefined,
    ],
    [
      '/v1/messages',
      {
        max_tokens: 5,
        messages: [user('a')],
        tools: many(3, { name: 'f', input_schema: { type: 'object' } }),
      },
      'tools: List should have at most 2 items after validation, not 3',
      undefined,
    ],
    [
      '/v1/messages',
      { max_tokens: 5, messages: [user(many(3, anthropicImage))] },
      'messages: Too many images: at most 2 are taken, not 3',
      undefined,
    ],
  ])(
    '%s: more of it is a 400 that names the field, and nothing is sent',
    async (path, body, message, param) => {
      const world = await startLimited(config);
      const answer = await world.post(path, { model: MODEL, ...body });
      const json = await answer.json();
      expect([answer.status, errorOf(json)]).toEqual([400, message]);
      if (param !== undefined)
        expect(json).toEqual({
          error: { message, type: 'invalid_request_error', param, code: 'array_above_max_length' },
        });
      expect(world.sent).toEqual([]);
    },
  );

  it('is taken up to the limit', async () => {
    const world = await startLimited(config);
    const messages = [user('a'), { role: 'assistant', content: 'b' }, { ...user('c'), images: [PNG, PNG] }];
    const taken = await world.post('/api/chat', {
      model: MODEL,
      stream: false,
      messages,
      tools: many(2, tool),
    });
    expect(taken.status).toBe(200);
  });
});

describe('turns past maxTurns', () => {
  it('wait, and begin in the order in which they came', async () => {
    const world = await startLimited({ maxTurns: 1 });
    const first = await occupy(world);
    const answers: Promise<Response>[] = [];
    for (const content of ['one', 'two', 'three']) {
      answers.push(world.post('/api/chat', chat(content, { stream: false })));
      await eventually(() => expect(world.bridge.waitingTurns).toBe(answers.length));
    }
    expect(world.sentOf('prompt')).toHaveLength(1);
    first.leave();
    for (const answer of answers) expect((await answer).status).toBe(200);
    expect(world.sentOf('prompt').map((tone) => tone['content'])).toEqual([HANG, 'one', 'two', 'three']);
  });

  it.each(SURFACES)(
    'get a 503 with Retry-After on $path where too many wait already, streamed or not',
    async ({ path, envelope }) => {
      const world = await startLimited({ maxTurns: 1, maxQueuedTurns: 0 });
      await occupy(world);
      for (const stream of [true, false]) {
        const refused = await world.post(path, chat('hi', { stream, max_tokens: 5 }));
        expect(verdictOf(refused)).toEqual([503, '1', null]);
        expect(await refused.json()).toEqual(
          envelope('too many turns run here, and too many wait; try again in a moment'),
        );
      }
      expect(world.sentOf('prompt')).toHaveLength(1);
    },
  );

  it('of several answers to one request are shown as refused, and none of them as running', async () => {
    const world = await startLimited({ maxTurns: 1, maxQueuedTurns: 0 });
    for (const stream of [true, false]) {
      const refused = await world.post('/v1/chat/completions', chat(HANG, { n: 2, stream }));
      expect(refused.status).toBe(503);
    }
    await eventually(async () => {
      const status = await world.bridge.status();
      expect([status.live, status.recentFaults.map(({ code }) => code)]).toEqual([[], ['busy', 'busy']]);
    });
  });

  it('get the same after queueTimeoutMs', async () => {
    const world = await startLimited({ maxTurns: 1, queueTimeoutMs: 50 });
    await occupy(world);
    const late = await world.post('/v1/chat/completions', chat('hi', { stream: true }));
    expect(verdictOf(late)).toEqual([503, '1', null]);
    expect(errorOf(await late.json())).toBe(
      'too many turns run here: none ended within 50 ms; try again in a moment',
    );
    expect(world.bridge.waitingTurns).toBe(0);
  });

  it('leave the line when their client leaves, and nothing of them is sent', async () => {
    const world = await startLimited({ maxTurns: 1, maxQueuedTurns: 1 });
    const first = await occupy(world);
    const impatient = new AbortController();
    world.post('/api/chat', chat('gone'), impatient.signal).catch(() => undefined);
    await eventually(() => expect(world.bridge.waitingTurns).toBe(1));
    impatient.abort();
    await eventually(() => expect(world.bridge.waitingTurns).toBe(0));
    const patient = world.post('/api/chat', chat('here', { stream: false }));
    await eventually(() => expect(world.bridge.waitingTurns).toBe(1));
    first.leave();
    expect((await patient).status).toBe(200);
    expect(world.sentOf('prompt').map((tone) => tone['content'])).toEqual([HANG, 'here']);
  });

  it('are no more than that, all of the answers to one request counted, however many come', async () => {
    const world = await startLimited({ maxTurns: 3 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        world.post('/v1/chat/completions', chat(script({ n: 3, ms: 5 }), { n: 2 })),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(many(12, 200));
    expect(world.sentOf('prompt')).toHaveLength(24);
    expect(world.bridge.waitingTurns).toBe(0);
  });

  it('find their place again when a turn of several failed, or its client left', async () => {
    const world = await startLimited({ maxTurns: 4, maxQueuedTurns: 0 });
    const failing = script({ n: 3, ms: 5, error: { message: 'no' } });
    for (let round = 0; round < 3; round++) {
      const failed = await world.post('/v1/chat/completions', chat(failing, { n: 4, stream: true }));
      expect(await failed.text()).toContain('error');
      const leaving = new AbortController();
      const left = world.post('/v1/chat/completions', chat(HANG, { n: 4 }), leaving.signal);
      await eventually(() => expect(world.bridge.nest.runningTurns).toBe(4));
      leaving.abort();
      await expect(left).rejects.toThrow();
      await eventually(() => expect(world.bridge.nest.runningTurns).toBe(0));
    }
    const whole = await world.post('/v1/chat/completions', chat('hi', { n: 4 }));
    expect(whole.status).toBe(200);
  });
});

/** The cells that a worker has: a sid has one from its prompt until its cleanup, or its end after a cancel. */
class Cells {
  readonly #sids = new Set<unknown>();
  readonly #cancelled = new Set<unknown>();
  /** The most there were at any time. */
  most = 0;

  readonly filter = (tone: Tone, direction: string): Tone => {
    const { chi, sid } = tone;
    if (direction === 'in') {
      if (chi === 'prompt') this.#sids.add(sid);
      else if (chi === 'cancel') this.#cancelled.add(sid);
      else if (chi === 'cleanup' || (chi === 'finish' && this.#cancelled.has(sid))) this.#sids.delete(sid);
    }
    this.most = Math.max(this.most, this.#sids.size);
    return tone;
  };
}

const weather = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: {} } },
};

/** Asks something that ends on a tool call, whose worker then waits. */
async function park(world: World, question: string): Promise<readonly Json[]> {
  const messages = [
    user(script({ say: [question], tools: [{ name: 'get_weather', args: { question } }], then: ['done'] })),
  ];
  const answer = await world.post('/v1/chat/completions', { model: MODEL, messages, tools: [weather] });
  const { message } = Object(await answer.json())['choices'][0];
  const [call] = message.tool_calls;
  return [...messages, message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }];
}

const goOn = (world: World, messages: readonly Json[]) =>
  world.post('/v1/chat/completions', { model: MODEL, messages, tools: [weather] });

/** One turn of a conversation that its worker remembers. */
const remember = (world: World, name: string, messages: readonly Json[] = [user(name)]) =>
  world.post('/v1/chat/completions', { model: MODEL, messages, user: name }).then((answer) => answer.json());

/** A kind of worker that ends a turn as soon as it is told to. */
const KIND = 'few-cells';

describe('turns of a worker that keeps only so many cells', () => {
  it('wait while it has 8, and it never gets a ninth', async () => {
    const cells = new Cells();
    const world = await startWorld({
      worker: KIND,
      config: { turnsPerWorker: { [KIND]: 8 } },
      daemon: { filter: cells.filter },
    });
    let most = 0;
    const answers = Array.from({ length: 24 }, async () => {
      const answer = await world.post('/api/chat', chat(script({ n: 4, ms: 80 }), { stream: false }));
      most = Math.max(most, world.daemon().openSids().length);
      return answer.status;
    });
    expect(await Promise.all(answers)).toEqual(many(24, 200));
    expect(cells.most).toBe(8);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('wait in order, and not for those of other kinds', async () => {
    const world = await startLimited({ turnsPerWorker: { [KIND]: 1 } }, { worker: KIND });
    const first = await occupy(world);
    const answers: Promise<Response>[] = [];
    for (const content of ['one', 'two']) {
      answers.push(world.post('/api/chat', chat(content, { stream: false })));
      await eventually(() => expect(world.bridge.waitingTurns).toBe(answers.length));
    }
    first.leave();
    await Promise.all(answers);
    expect(world.sentOf('prompt').map((tone) => tone['content'])).toEqual([HANG, 'one', 'two']);
    const free = await startLimited({ turnsPerWorker: { [KIND]: 1 } }, { worker: 'other' });
    await occupy(free);
    expect((await free.post('/api/chat', chat('hi', { stream: false }))).status).toBe(200);
  });

  it('get a 503 with Retry-After when too many wait; one that waits goes on waiting as long as its client does', async () => {
    const config = { turnsPerWorker: { [KIND]: 1 }, maxQueuedTurns: 1, queueTimeoutMs: 1 };
    const world = await startLimited(config, { worker: KIND });
    const first = await occupy(world);
    const waiting = world.post('/api/chat', chat('waits', { stream: false }));
    await eventually(() => expect(world.bridge.waitingTurns).toBe(1));
    expect(verdictOf(await world.post('/api/chat', chat('too many')))).toEqual([503, '1', null]);
    expect(world.bridge.waitingTurns).toBe(1);
    first.leave();
    expect((await waiting).status).toBe(200);
    expect(world.sentOf('prompt')).toHaveLength(2);
  });

  it('leave the line when their client leaves', async () => {
    const config = { turnsPerWorker: { [KIND]: 1 }, maxQueuedTurns: 1 };
    const world = await startLimited(config, { worker: KIND });
    const first = await occupy(world);
    const impatient = new AbortController();
    world.post('/api/chat', chat('gone'), impatient.signal).catch(() => undefined);
    await eventually(() => expect(world.bridge.waitingTurns).toBe(1));
    impatient.abort();
    await eventually(() => expect(world.bridge.waitingTurns).toBe(0));
    first.leave();
    await world.post('/api/chat', chat('here', { stream: false }));
    expect(world.sentOf('prompt').map((tone) => tone['content'])).toEqual([HANG, 'here']);
  });

  it('take the place of the turn that was parked first, whose conversation goes on all the same', async () => {
    const cells = new Cells();
    const world = await startWorld({
      worker: KIND,
      config: { turnsPerWorker: { [KIND]: 8 } },
      daemon: { filter: cells.filter },
    });
    const parked: (readonly Json[])[] = [];
    for (let n = 0; n < 8; n++) parked.push(await park(world, `q${n}`));
    expect(world.bridge.nest.parkedTurns).toBe(8);
    expect((await world.post('/api/chat', chat('ninth', { stream: false }))).status).toBe(200);
    const [oldest] = world.sentOf('prompt');
    expect(world.sentOf('cancel').map(({ sid }) => sid)).toEqual([oldest?.sid]);
    expect(world.bridge.nest.parkedTurns).toBe(7);
    const answer = await goOn(world, parked[0] ?? []);
    expect(Object(await answer.json()).choices[0].finish_reason).toBe('stop');
    expect(cells.most).toBe(8);
  });

  it('need none of their own where they bring the results that a parked one waits for', async () => {
    const world = await startLimited(
      { turnsPerWorker: { [KIND]: 1 } },
      { worker: KIND, daemon: { routeUndeclaredToolResults: true } },
    );
    const messages = await park(world, 'q');
    const answer = await goOn(world, messages);
    expect(Object(await answer.json()).choices[0].message.content).toBe('done');
    expect(world.sentOf('prompt')).toHaveLength(1);
  });

  it('take the place of the conversation that was not gone on with for longest, which is sent whole next time', async () => {
    const cells = new Cells();
    const world = await startLimited(
      { turnsPerWorker: { [KIND]: 2 } },
      { worker: KIND, statefulness: 'stateful_session', daemon: { filter: cells.filter } },
    );
    await remember(world, 'old');
    await remember(world, 'new');
    expect(world.sentOf('cleanup')).toEqual([]);
    await remember(world, 'newest');
    const [old] = world.sentOf('prompt');
    expect(world.sentOf('cleanup').map(({ sid }) => sid)).toEqual([old?.sid]);
    const goingOn = (name: string) => [user(name), { role: 'assistant', content: name }, user('more')];
    await remember(world, 'new', goingOn('new'));
    expect(world.sentOf('prompt').at(-1)?.['content']).toBe('more');
    await remember(world, 'old', goingOn('old'));
    expect(world.sentOf('prompt').at(-1)?.['content']).toContain('<turn role="user">\nold\n</turn>');
    expect(cells.most).toBe(2);
  });

  it('get the cell of a conversation as soon as that is only kept', async () => {
    const world = await startLimited(
      { turnsPerWorker: { [KIND]: 1 } },
      { worker: KIND, statefulness: 'stateful_session' },
    );
    const kept = remember(world, script({ n: 10, ms: 10 }));
    await eventually(() => expect(world.bridge.nest.runningTurns).toBe(1));
    const next = world.post('/api/chat', chat('hi', { stream: false }));
    await eventually(() => expect(world.bridge.waitingTurns).toBe(1));
    expect([(await next).status, Object(await kept).choices[0].finish_reason]).toEqual([200, 'stop']);
  });

  it('hear of a link that breaks while they wait, and find all cells free on the next one', async () => {
    const world = await startLimited({ turnsPerWorker: { [KIND]: 1 } }, { worker: KIND });
    await occupy(world);
    const waiting = world.post('/api/chat', chat('waits', { stream: false }));
    await eventually(() => expect(world.bridge.waitingTurns).toBe(1));
    world.daemon().disconnectAll();
    expect(verdictOf(await waiting)).toEqual([503, '1', null]);
    expect((await world.post('/api/chat', chat('hi', { stream: false }))).status).toBe(200);
  });
});

describe('answers that nobody reads', () => {
  const long = 'x'.repeat(2_000);

  it('cost the one of which most waits its turn past maxTotalBufferBytes, and the others nothing', async () => {
    const world = await startLimited({ maxTotalBufferBytes: 200_000 });
    const { nest } = world.bridge;
    const start = async (n: number, ms: number) => {
      const content = script({ say: many(n, long), ms });
      const request = {
        model: MODEL,
        messages: [{ role: 'user', content: [{ type: 'text', text: content }] }],
        tools: [],
        sampling: {},
      } as const;
      const { signal } = new AbortController();
      const resolved = await nest.resolveModel(MODEL, signal);
      const turn = nest.turn({ ...request, resolved }, signal)[Symbol.asyncIterator]();
      await turn.next();
      return turn;
    };
    const small = await start(10, 5);
    await eventually(() => expect(nest.bufferedBytes).toBeGreaterThan(8_000));
    const large = await start(200, 1);
    await eventually(() => expect(world.sentOf('cancel')).toHaveLength(1));
    expect(world.sentOf('cancel')[0]?.sid).toBe(world.sentOf('prompt')[1]?.sid);
    const [end] = (await large.next()).value ?? [];
    expect(end).toMatchObject({ type: 'fault', fault: { code: 'client-too-slow' } });
    const read = await world.post(
      '/api/chat',
      chat(script({ say: many(200, long), ms: 1 }), { stream: false }),
    );
    expect(Object(await read.json()).message.content).toHaveLength(400_000);
    let text = '';
    for (let next = await small.next(); !next.done; next = await small.next())
      for (const event of next.value) text += event.type === 'text-delta' ? event.text : '';
    expect(text.length).toBeGreaterThan(8_000);
    expect(nest.bufferedBytes).toBe(0);
  });

  it('are forgotten when their client leaves', async () => {
    const world = await startWorld();
    const { nest } = world.bridge;
    const leaving = new AbortController();
    const messages = [
      { role: 'user', content: [{ type: 'text', text: script({ say: many(20, long), ms: 5 }) }] },
    ] as const;
    const resolved = await nest.resolveModel(MODEL, leaving.signal);
    const turn = nest
      .turn({ model: MODEL, resolved, messages, tools: [], sampling: {} }, leaving.signal)
      [Symbol.asyncIterator]();
    await turn.next();
    await eventually(() => expect(nest.bufferedBytes).toBeGreaterThan(10_000));
    leaving.abort();
    expect(nest.bufferedBytes).toBe(0);
  });
});

describe('requests past requestsPerMinute', () => {
  it('get a 429 for each key of its own, and nothing of them is sent', async () => {
    const world = await startLimited({ requestsPerMinute: 1 }, { env: { OLLAMA_SERVER_API_KEY: 'one,two' } });
    const ask = (key: string) =>
      fetch(`${world.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(chat('hi')),
      });
    expect([(await ask('one')).status, (await ask('two')).status]).toEqual([200, 200]);
    const refused = await ask('one');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(world.sentOf('prompt')).toHaveLength(2);
  });
});
