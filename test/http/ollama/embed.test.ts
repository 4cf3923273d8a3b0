import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.js';
import type { Conversation } from '../../conversation.js';
import { card, modelOf } from '../../model.js';
import { whenAborted } from '../when-aborted.js';
import { post } from './ask-server.js';
import { FixedClock } from './fixed-clock.js';
import { saying, startServer } from './scripted-server.js';

type CallTool = Conversation['callTool'];

const models = [modelOf('m', { target: 'bge', card: { ...card, contextLength: 4 } })];

async function start(callTool: CallTool) {
  const calls: unknown[] = [];
  const clock = new FixedClock();
  const server = await startServer(() => saying(), {
    models,
    clock,
    callTool(name, args, signal) {
      calls.push([name, args]);
      clock.pass(2);
      return callTool(name, args, signal);
    },
  });
  return {
    calls,
    embed: (body: object) => post(`${server.url}/api/embed`, { model: 'm', ...body }),
    embeddings: (body: object) => post(`${server.url}/api/embeddings`, { model: 'm', ...body }),
  };
}

const giving = (result: unknown): CallTool => {
  return () => Promise.resolve(result);
};
const counting: CallTool = async (_name, { input }) => ({
  embeddings: [input].flat().map((_, index) => [index + 1, 0]),
});

describe('/api/embed', () => {
  it('asks the tool for all inputs at once, by the name that humd knows, and keeps their order', async () => {
    const { calls, embed } = await start(
      giving({
        embeddings: [
          [3, 4],
          [0, -2],
        ],
        promptTokens: 7,
      }),
    );
    const response = await embed({ input: ['one', 'two'], options: { num_ctx: 1 }, unknown: 1 });
    expect(await response.json()).toEqual({
      model: 'm',
      embeddings: [
        [0.6, 0.8],
        [0, -1],
      ],
      total_duration: 2_000_000,
      load_duration: 1,
      prompt_eval_count: 7,
    });
    expect(calls).toEqual([['embed', { model: 'bge', input: ['one', 'two'] }]]);
  });

  it('asks in several calls for many inputs', async () => {
    const { calls, embed } = await start(async (_name, { input }) => ({
      embeddings: [input].flat().map((text) => [1, Number(text)]),
    }));
    const input = Array.from({ length: 150 }, (_, index) => String(index));
    const { embeddings } = JSON.parse(await (await embed({ input })).text());
    expect(calls.length).toBeGreaterThan(1);
    expect(embeddings.map(([x, y]: [number, number]) => Math.round(y / x))).toEqual(input.map(Number));
  });

  it.each([undefined, null, '', []])('loads the model for the input %j', async (input) => {
    const { calls, embed } = await start(counting);
    const response = await embed({ input });
    expect([response.status, await response.text()]).toEqual([200, '{"model":"m","embeddings":[]}']);
    expect(calls).toEqual([]);
  });

  it.each([1, true, {}, [1], ['a', null], [['a']]])('refuses the input %j', async (input) => {
    const { calls, embed } = await start(counting);
    const response = await embed({ model: 'nope', input });
    expect([response.status, await response.json()]).toEqual([400, { error: 'invalid input type' }]);
    expect(calls).toEqual([]);
  });

  it.each([
    [2, [0.6, 0.8]],
    [1, [1]],
    [3, [3 / 13, 4 / 13, 12 / 13]],
    [4, [3 / 13, 4 / 13, 12 / 13]],
  ])('shortens to %i dimensions what the tool made longer', async (dimensions, vector) => {
    const { calls, embed } = await start(giving({ embeddings: [[3, 4, 12]] }));
    expect(await (await embed({ input: 'a', dimensions })).json()).toMatchObject({ embeddings: [vector] });
    expect(calls).toEqual([['embed', { model: 'bge', input: ['a'], dimensions }]]);
  });

  it.each([0, -1, null])('takes %j dimensions for no wish', async (dimensions) => {
    const { calls, embed } = await start(giving({ embeddings: [[0, 2]] }));
    expect(await (await embed({ input: 'a', dimensions })).json()).toMatchObject({ embeddings: [[0, 1]] });
    expect(calls).toEqual([['embed', { model: 'bge', input: ['a'] }]]);
  });

  it('leaves a vector of zeros as it is', async () => {
    const { embed } = await start(giving({ embeddings: [[0, 0]] }));
    expect(await (await embed({ input: 'a' })).json()).toMatchObject({ embeddings: [[0, 0]] });
  });

  it('cuts an input that the model cannot read, unless it may not', async () => {
    const { calls, embed } = await start(counting);
    const long = `${'x'.repeat(15)}😀!!`;
    expect((await embed({ input: [long, 'short'] })).status).toBe(200);
    expect(calls).toEqual([['embed', { model: 'bge', input: ['x'.repeat(15), 'short'] }]]);
    const refused = await embed({ input: ['short', long], truncate: false });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: 'the input length exceeds the context length' },
    ]);
    expect((await embed({ input: 'x'.repeat(16), truncate: false })).status).toBe(200);
    expect(calls).toHaveLength(2);
  });

  it.each([undefined, null, -1, 1.5, '7'])(
    'estimates the tokens where the tool says %j',
    async (promptTokens) => {
      const { embed } = await start(giving({ embeddings: [[1], [1]], promptTokens }));
      const response = await embed({ input: ['12345678', '1234'] });
      expect(await response.json()).toMatchObject({ prompt_eval_count: 3 });
    },
  );

  it('never counts nothing', async () => {
    const { embed } = await start(giving({ embeddings: [[1]], promptTokens: 0 }));
    expect(await (await embed({ input: 'a' })).json()).toMatchObject({ prompt_eval_count: 1 });
  });

  it('refuses options of the wrong type, as every route does', async () => {
    const { embed } = await start(counting);
    const response = await embed({ input: 'a', options: { num_ctx: 'x' } });
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'option "num_ctx" must be of type integer' },
    ]);
  });
});

describe('/api/embeddings', () => {
  it('gives the vector as the tool made it', async () => {
    const { calls, embeddings } = await start(giving({ embeddings: [[3, 4]] }));
    const response = await embeddings({ prompt: 'one' });
    expect(await response.text()).toBe('{"embedding":[3,4]}');
    expect(calls).toEqual([['embed', { model: 'bge', input: ['one'] }]]);
  });

  it.each([{}, { prompt: '' }, { prompt: null }])('loads the model for %j', async (body) => {
    const { calls, embeddings } = await start(counting);
    const response = await embeddings(body);
    expect([response.status, await response.text()]).toEqual([200, '{"embedding":[]}']);
    expect(calls).toEqual([]);
  });
});

describe.each(['embed', 'embeddings'] as const)('/api/%s and its tool', (route) => {
  const one = { input: 'a', prompt: 'a' };

  it('says what to add where nobody offers it', async () => {
    const server = await start(() => Promise.reject(new Fault('not-offered', 'nobody')));
    const response = await server[route](one);
    expect([response.status, await response.json()]).toEqual([
      501,
      {
        error: expect.stringMatching(
          /^no bee on this hum makes embeddings: add a forager whose hello lists the tool 'embed'/,
        ),
      },
    ]);
  });

  it.each([
    ['timeout', 504],
    ['tool-failed', 502],
    ['link-down', 503],
    ['link-lost', 502],
  ] as const)('passes on that it failed: %s', async (code, status) => {
    const server = await start(() => Promise.reject(new Fault(code, 'it "broke"')));
    const response = await server[route](one);
    expect([response.status, await response.json()]).toEqual([status, { error: 'it "broke"' }]);
  });

  it.each([
    [undefined],
    [null],
    ['text'],
    [[]],
    [[[1]]],
    [{}],
    [{ embeddings: null }],
    [{ embeddings: {} }],
    [{ embeddings: [] }],
    [{ embeddings: [[]] }],
    [{ embeddings: [[1], [2]] }],
    [{ embeddings: ['AAAA'] }],
    [{ embeddings: [['1']] }],
    [{ embeddings: [[{}]] }],
    [{ embeddings: [[1, null]] }],
    [{ embeddings: [[Number.NaN]] }],
    [{ embeddings: [[Number.POSITIVE_INFINITY]] }],
    [{ embedding: [1] }],
  ])('is not believed when it says %j', async (result) => {
    const server = await start(giving(result));
    const response = await server[route](one);
    expect([response.status, await response.json()]).toEqual([
      502,
      { error: expect.stringMatching(/^the tool 'embed' gave /) },
    ]);
  });

  it('is told when the client leaves', async () => {
    const tool = new EventEmitter();
    const began = once(tool, 'began');
    const left = once(tool, 'left');
    const server = await startServer(() => saying(), {
      models,
      async callTool(_name, _args, signal) {
        tool.emit('began');
        await whenAborted(signal);
        tool.emit('left');
        throw signal.reason;
      },
    });
    const controller = new AbortController();
    const body = JSON.stringify({ model: 'm', ...one });
    const asking = fetch(`${server.url}/api/${route}`, { method: 'POST', body, signal: controller.signal });
    await began;
    controller.abort();
    await expect(asking).rejects.toThrow('abort');
    await expect(left).resolves.toEqual([]);
  });
});

describe('/api/embed and vectors of different lengths', () => {
  it('takes none of them', async () => {
    const { embed } = await start(giving({ embeddings: [[1], [1, 2]] }));
    expect((await embed({ input: ['a', 'b'] })).status).toBe(502);
  });
});
