/**
 * The traps of src/http/README.md, "Traps", into which servers of Ollama's API fall, each under its number. Those of `/v1`
 * (1, 12 to 14, 23, 27, 30, 31) are not here; 15 needs a configured version and stands in clients/ollama-methods.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import { CAPABILITIES } from '../../../src/core/model.js';
import { card, modelOf } from '../../model.js';
import { JSON_TYPE, linesOf, post } from './ask-server.js';
import { finish, hello, MODELS, saying, startServer } from './scripted-server.js';

type Line = Record<string, unknown>;

const messages = [{ role: 'user', content: 'hi' }];
const call = (id: string, input = '{"city":"Paris"}'): Event => ({ type: 'tool-call', id, name: 'f', input });
/** Says everything that a turn can say, in one batch. */
const everything: readonly Event[] = [
  { type: 'ready' },
  { type: 'reasoning-delta', text: 'hm' },
  { type: 'reasoning-delta', text: '' },
  { type: 'text-delta', text: 'yes' },
  { type: 'text-delta', text: '' },
  call('call_1'),
  call('call_2', '"not an object"'),
];

async function stream(batches: readonly (readonly Event[])[], route = 'chat'): Promise<Line[]> {
  const server = await startServer(() => saying(...batches));
  const response = await post(`${server.url}/api/${route}`, { model: 'm', messages, prompt: 'hi' });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  return (await linesOf(response)).map(toLine);
}

function toLine(value: unknown): Line {
  return Object.fromEntries(Object.entries(Object(value)));
}

const messageOf = (line: Line | undefined): Line => toLine(line?.['message']);

describe.each(['chat', 'generate'])('a stream of /api/%s', (route) => {
  const textOf = (line: Line) => (route === 'chat' ? messageOf(line)['content'] : line['response']);
  const partsOf = (line: Line) => (route === 'chat' ? messageOf(line) : line);

  it('trap 2: has no key error on a line that is none, and no null anywhere', async () => {
    const lines = await stream([everything, [finish]], route);
    for (const line of lines) expect(JSON.stringify(line)).not.toMatch(/"error"|:null/);
  });

  it('trap 4: ends in an error line and nothing after it when the worker dies', async () => {
    const fault = new Fault('worker-error', 'gone');
    const lines = await stream([hello, [{ type: 'fault', fault }]], route);
    expect(lines.at(-1)).toEqual({ error: 'gone' });
    expect(lines.filter((line) => line['done'] === true)).toEqual([]);
  });

  it('trap 4: ends in one line that is done when all is well', async () => {
    const lines = await stream([everything, [finish]], route);
    expect(lines.map((line) => line['done'])).toEqual([false, false, false, true]);
  });

  it('trap 6: has no text, thinking or call on the done line', async () => {
    const lines = await stream([[...everything, finish]], route);
    const last = lines.at(-1) ?? {};
    expect(textOf(last)).toBe('');
    expect(partsOf(last)).not.toHaveProperty('thinking');
    expect(partsOf(last)).not.toHaveProperty('tool_calls');
  });

  it('trap 7: has one kind of thing on a line, no empty thinking, and a text on all of them', async () => {
    const lines = await stream([everything, [finish]], route);
    for (const line of lines) {
      const parts = partsOf(line);
      const kinds = [textOf(line) !== '', parts['thinking'] != null, parts['tool_calls'] != null];
      expect(kinds.filter(Boolean)).toHaveLength(line['done'] === true ? 0 : 1);
      expect(parts['thinking']).not.toBe('');
      expect(typeof textOf(line)).toBe('string');
    }
  });

  it('trap 11: has its counts on the last line and on no other', async () => {
    const lines = await stream([everything, [finish]], route);
    expect(lines.map((line) => 'prompt_eval_count' in line || 'eval_count' in line)).toEqual([
      false,
      false,
      false,
      true,
    ]);
    for (const [key, value] of Object.entries(lines.at(-1) ?? {})) {
      if (/_(count|duration)$/.test(key))
        expect(value).toSatisfy((count) => Number.isSafeInteger(count) && count > 0);
    }
  });

  it('trap 25: has no line of 64 KiB, however long a delta is', async () => {
    const text = '"\n'.repeat(200_000);
    const lines = await stream([[{ type: 'text-delta', text }], [finish]], route);
    expect(lines.map(textOf).join('')).toBe(text);
    for (const line of lines) expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(65_536);
  });

  it('trap 32: has no key type', async () => {
    const lines = await stream([everything, [finish]], route);
    for (const line of lines) expect(line).not.toHaveProperty('type');
  });
});

describe('a stream', () => {
  it('trap 3, trap 24: has no heartbeat; its headers go out alone when the model takes its time', async () => {
    // An hour passes with each look at the clock: every sweep finds a long silence.
    let looks = 0;
    let isSwept = () => {};
    const swept = new Promise<void>((resolve) => {
      isSwept = resolve;
    });
    const monotonic = () => {
      if (++looks === 20) isSwept();
      return looks * 3_600_000;
    };
    let isLong = () => {};
    const longAfter = new Promise<void>((resolve) => {
      isLong = resolve;
    });
    const server = await startServer(
      async function* () {
        yield [{ type: 'ready' }];
        await longAfter;
        yield [{ type: 'text-delta', text: 'at last' }, finish];
      },
      { headerHoldMs: 5, clock: { now: () => 0, monotonic } },
    );
    const response = await post(`${server.url}/api/chat`, { model: 'm', messages });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    await swept;
    isLong();
    const [text, done, ...more] = (await response.text()).split('\n');
    expect(messageOf(toLine(JSON.parse(text ?? '')))['content']).toBe('at last');
    expect(toLine(JSON.parse(done ?? ''))['done']).toBe(true);
    expect(more).toEqual(['']);
  });

  it('trap 5: is a real status when its turn fails before the first byte', async () => {
    const fault = new Fault('worker-error', 'credit balance is too low');
    const server = await startServer(() => saying([{ type: 'ready' }], [{ type: 'fault', fault }]));
    const response = await post(`${server.url}/api/chat`, { model: 'm', messages, stream: true });
    expect([response.status, await response.json()]).toEqual([502, { error: 'credit balance is too low' }]);
  });

  it('trap 26: escapes the characters at which Python cuts lines', async () => {
    const text = 'a\u0085b\u2028c\u2029d';
    const server = await startServer(() => saying([{ type: 'text-delta', text }], [finish]));
    const response = await post(`${server.url}/api/chat`, { model: 'm', messages });
    const body = await response.text();
    expect(body).toContain('"a\\u0085b\\u2028c\\u2029d"');
    expect(body).not.toMatch(/[\u0085\u2028\u2029]/);
  });
});

describe('a tool call', () => {
  it('trap 8: has an id and a function of index, name and arguments, and nothing else', async () => {
    const lines = await stream([everything, [finish]]);
    const [one] = [messageOf(lines[2])['tool_calls']].flat();
    expect(one).toStrictEqual({
      id: 'call_1',
      function: { index: 0, name: 'f', arguments: { city: 'Paris' } },
    });
  });

  it('trap 9: has an object for its arguments, whatever the model gave', async () => {
    const lines = await stream([everything, [finish]]);
    expect(messageOf(lines[2])['tool_calls']).toMatchObject([
      { function: { arguments: { city: 'Paris' } } },
      { function: { arguments: { input: 'not an object' } } },
    ]);
  });

  it('trap 10: ends the turn with stop, as Ollama does natively', async () => {
    const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, estimated: false };
    const lines = await stream([[call('c')], [{ type: 'finish', reason: 'tool-calls', usage }]]);
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'stop' });
  });

  it.each([
    ['without ids and names', [{ function: { name: 'f', arguments: {} } }], { role: 'tool', content: '21C' }],
    [
      'with a name alone',
      [{ function: { name: 'f', arguments: {} } }],
      { role: 'tool', content: '1', tool_name: 'f' },
    ],
    [
      'with an id alone',
      [{ id: 'c', function: { name: 'f' } }],
      { role: 'tool', content: '1', tool_call_id: 'c' },
    ],
    ['without the call', null, { role: 'tool', content: '21C' }],
    ['as words of the user', [{ function: { name: 'f' } }], { role: 'user', content: 'result: 21C' }],
  ])('trap 22: is taken back from a history %s, also without tools', async (_, toolCalls, result) => {
    const server = await startServer(() => saying(hello, [finish]));
    const history = [...messages, { role: 'assistant', content: '', tool_calls: toolCalls }, result];
    const response = await post(`${server.url}/api/chat`, { model: 'm', messages: history });
    expect(response.status).toBe(200);
    expect(server.requests).toMatchObject([{ messages: [{}, { role: 'assistant' }, { role: result.role }] }]);
  });

  it('trap 22: is taken back from a history in which empty contents were dropped', async () => {
    const server = await startServer(() => saying(hello, [finish]));
    const history = [{ role: 'user' }, { role: 'assistant' }, { role: 'tool' }];
    const response = await post(`${server.url}/api/chat`, { model: 'm', messages: history });
    expect(response.status).toBe(200);
  });
});

describe('the cards', () => {
  it('trap 16: exist for every model that is listed, with a context length for its architecture', async () => {
    const server = await startServer(() => saying());
    const tags: unknown = await (await fetch(`${server.url}/api/tags`)).json();
    for (const tag of [toLine(tags)['models']].flat().map(toLine)) {
      const response = await post(`${server.url}/api/show`, { model: tag['name'] });
      expect(response.status).toBe(200);
      const shown = toLine(await response.json());
      const info = toLine(shown['model_info']);
      expect(info[`${info['general.architecture']}.context_length`]).toBe(200_000);
      expect(shown['capabilities']).toContain('tools');
    }
  });

  it('trap 17: name no capability that strict clients do not know', async () => {
    expect(CAPABILITIES).toEqual(['completion', 'tools', 'insert', 'vision', 'embedding', 'thinking']);
  });

  it('trap 18: have a template with the word tools where the model calls some', async () => {
    const server = await startServer(() => saying());
    const response = await post(`${server.url}/api/show`, { model: 'm' });
    expect(toLine(await response.json())['template']).toContain('tools');
  });

  it('trap 28: list names with a tag, and answer to them with and without it', async () => {
    const models = [...MODELS, modelOf('org/x'), modelOf('@cf/meta/y:7b', { card })];
    const server = await startServer(() => saying(hello, [finish]), { models });
    const tags: unknown = await (await fetch(`${server.url}/api/tags`)).json();
    expect([toLine(tags)['models']].flat().map((model) => toLine(model)['name'])).toEqual([
      'm:latest',
      'org/x:latest',
      '@cf/meta/y:7b',
    ]);
    for (const model of ['m', 'm:latest', 'org/x', 'org/x:latest', '@cf/meta/y:7b']) {
      const response = await post(`${server.url}/api/chat`, { model, messages, stream: false });
      expect(toLine(await response.json())).toMatchObject({ model });
    }
  });

  it('have a digest that the command line can cut', async () => {
    const server = await startServer(() => saying(hello, [finish]));
    await (await post(`${server.url}/api/generate`, { model: 'm' })).text();
    for (const path of ['/api/tags', '/api/ps']) {
      const { models } = JSON.parse(await (await fetch(server.url + path)).text());
      expect(models[0].digest).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe('an answer', () => {
  it.each([
    ['GET', '/api/tags', undefined],
    ['GET', '/api/ps', undefined],
    ['GET', '/api/version', undefined],
    ['POST', '/api/show', { model: 'm' }],
    ['POST', '/api/show', { model: 'nope' }],
    ['POST', '/api/chat', { model: 'm', messages, stream: false }],
    ['POST', '/api/chat', { model: 'nope' }],
    ['POST', '/api/embed', { model: 'm', input: 'x' }],
  ])('trap 19: is JSON by its type: %s %s %j', async (method, path, body) => {
    const server = await startServer(() => saying(hello, [finish]));
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(server.url + path, { method, ...sent });
    expect(response.headers.get('content-type')).toBe(JSON_TYPE);
    expect(typeof (await response.json())).toBe('object');
  });

  it('trap 20: of /api/embed has durations and a count that are never left out', async () => {
    const callTool = async () => ({ embeddings: [[1]], promptTokens: 0 });
    const server = await startServer(() => saying(), { callTool });
    const answer = toLine(await (await post(`${server.url}/api/embed`, { model: 'm', input: 'x' })).json());
    for (const key of ['total_duration', 'load_duration', 'prompt_eval_count']) {
      expect(answer[key]).toSatisfy((value) => Number.isSafeInteger(value) && value > 0);
    }
    expect(answer['model']).toBe('m');
  });

  it.each([
    ['chat', { messages: [] }, 'load'],
    ['chat', { keep_alive: 0 }, 'unload'],
    ['generate', { prompt: '' }, 'load'],
    ['generate', { prompt: '', keep_alive: 0 }, 'unload'],
  ])('trap 21: to /api/%s %j is one JSON object, not a stream', async (route, body, doneReason) => {
    const server = await startServer(() => saying(hello, [finish]));
    const response = await post(`${server.url}/api/${route}`, { model: 'm', ...body });
    expect(response.headers.get('content-type')).toBe(JSON_TYPE);
    expect(await response.json()).toMatchObject({ done: true, done_reason: doneReason });
  });

  it('trap 21: to a real chat is never one that only loads', async () => {
    const server = await startServer(() => saying([finish]));
    const response = await post(`${server.url}/api/chat`, {
      model: 'm',
      messages,
      keep_alive: 0,
      stream: false,
    });
    expect(await response.json()).toMatchObject({ done_reason: 'stop' });
  });

  it.each(['Bearer ', 'Bearer undefined', 'Bearer ollama', 'Bearer api-key-not-set', 'Basic dTpw'])(
    'trap 29: is given to whoever says %j, where no key is configured',
    async (authorization) => {
      const server = await startServer(() => saying());
      const response = await fetch(`${server.url}/api/tags`, { headers: { authorization } });
      expect(response.status).toBe(200);
    },
  );

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'application/json', 'nonsense'])(
    'is given to a body of type %s',
    async (contentType) => {
      const server = await startServer(() => saying(hello, [finish]));
      const response = await fetch(`${server.url}/api/chat`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: JSON.stringify({ model: 'm', messages }),
      });
      expect(response.status).toBe(200);
    },
  );

  it('is given to a request full of nulls', async () => {
    const server = await startServer(() => saying(hello, [finish]));
    const body = {
      ...{
        model: 'm',
        think: null,
        format: null,
        options: null,
        keep_alive: null,
        stream: null,
        tools: null,
      },
      messages: [{ role: 'user', content: 'hi', thinking: null, tool_calls: null, images: null }],
    };
    expect((await post(`${server.url}/api/chat`, body)).status).toBe(200);
  });
});
