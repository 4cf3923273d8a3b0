/** The newest `openai` from npm, over event streams and whole answers. */
import { randomUUID } from 'node:crypto';
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator';
import { toResponseInputItems } from 'openai/lib/responses/ResponseInputItems';
import type {
  Response,
  ResponseCreateParamsStreaming,
  ResponseInput,
  ResponseInputItem,
  ResponseOutputItem,
  Tool,
} from 'openai/resources/responses/responses';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../eventually.js';
import { startWorld } from '../../front-door/world.js';
import { script, startEmbeddedBridge } from '../embedded-bridge.js';

const model = 'claude-sonnet-4';
const city = z.object({ city: z.string() });
const weather: Tool = {
  type: 'function',
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};
const paris = { name: 'get_weather', args: { city: 'Paris' } };
const rome = { name: 'get_weather', args: { city: 'Rome' } };

async function start(env: Readonly<Record<string, string>> = {}, apiKey = 'any') {
  const bridge = await startEmbeddedBridge(env);
  return { bridge, openai: new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey, maxRetries: 0 }) };
}

/** The response that the events of a stream add up to, which has to be the one that the last of them holds. */
async function accumulated(
  openai: OpenAI,
  params: Omit<ResponseCreateParamsStreaming, 'stream'>,
): Promise<Response> {
  let snapshot: Response | undefined;
  for await (const event of await openai.responses.create({ ...params, stream: true })) {
    const isEnd = event.type === 'response.completed' || event.type === 'response.incomplete';
    if (isEnd) expect(snapshot?.output).toEqual(event.response.output);
    snapshot = accumulateResponse(event, snapshot);
  }
  if (snapshot === undefined) expect.fail('there were no events');
  return snapshot;
}

/** Answers every call of an output with the text. */
function results(output: readonly ResponseOutputItem[], text: string): ResponseInputItem[] {
  return output.flatMap((item) =>
    item.type === 'function_call'
      ? [{ type: 'function_call_output', call_id: item.call_id, output: text } as const]
      : [],
  );
}

describe('a session with tools', () => {
  it('goes on by previous_response_id, streamed', async () => {
    const { openai } = await start();
    const first = await accumulated(openai, {
      model,
      tools: [weather],
      input: script({ reason: ['Hm.'], say: ['Looking.'], tools: [paris, rome] }),
    });
    expect(first.output.map(({ type }) => type)).toEqual([
      'reasoning',
      'message',
      'function_call',
      'function_call',
    ]);
    const second = await accumulated(openai, {
      model,
      tools: [weather],
      previous_response_id: first.id,
      input: results(first.output, '21C'),
    });
    expect(second).toMatchObject({ output_text: '21C', previous_response_id: first.id, status: 'completed' });
    const third = await accumulated(openai, { model, previous_response_id: second.id, input: 'Thanks.' });
    expect(third.output_text).toBe('Thanks.');
  });

  it('goes on with the whole history and store false, items made ready by the library', async () => {
    const { openai } = await start();
    const settings = {
      model,
      store: false,
      tools: [weather],
      include: ['reasoning.encrypted_content' as const],
    };
    const history: ResponseInput = [
      { role: 'user', content: script({ reason: ['Hm.'], say: ['Looking.'], tools: [paris] }) },
    ];
    const first = await openai.responses.create({ ...settings, input: history });
    expect(first.output[0]).toMatchObject({ type: 'reasoning', encrypted_content: expect.any(String) });
    history.push(...toResponseInputItems(first.output), ...results(first.output, '21C'));
    const second = await openai.responses.create({ ...settings, input: history });
    expect(second.output_text).toBe('21C');
    history.push(...toResponseInputItems(second.output), { role: 'user', content: 'And now?' });
    expect((await openai.responses.create({ ...settings, input: history })).output_text).toBe('And now?');
    await expect(openai.responses.retrieve(second.id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(
      openai.responses.create({ model, input: 'hi', previous_response_id: second.id }),
    ).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
  });

  it('has a custom tool, one in a namespace, and one that a search of its own found', async () => {
    const { openai } = await start();
    const tools: Tool[] = [
      { type: 'custom', name: 'patch', description: 'Applies a patch' },
      {
        type: 'namespace',
        name: 'files',
        description: 'Files',
        tools: [{ type: 'function', name: 'read', parameters: { type: 'object' }, strict: false }],
      },
      {
        type: 'tool_search',
        execution: 'client',
        description: 'Finds tools',
        parameters: { type: 'object', properties: { goal: { type: 'string' } } },
      },
    ];
    const input: ResponseInput = [
      {
        role: 'user',
        content: script({
          tools: [
            { name: 'patch', args: { input: '*** Begin' } },
            { name: 'files__read', args: { path: 'a' } },
            { name: 'tool_search', args: { goal: 'weather' } },
          ],
        }),
      },
    ];
    const first = await accumulated(openai, { model, store: false, tools, input });
    const [patch, read, search] = first.output;
    if (patch?.type !== 'custom_tool_call' || read?.type !== 'function_call') expect.fail('not called');
    if (search?.type !== 'tool_search_call' || search.call_id === null) expect.fail('not sought');
    expect(patch).toMatchObject({ name: 'patch', input: '*** Begin' });
    expect(read).toMatchObject({ name: 'read', namespace: 'files', arguments: '{"path":"a"}' });
    expect(search).toMatchObject({ execution: 'client', arguments: { goal: 'weather' } });
    const found: ResponseInput = [
      ...input,
      ...toResponseInputItems(first.output),
      { type: 'custom_tool_call_output', call_id: patch.call_id, output: 'patched' },
      { type: 'function_call_output', call_id: read.call_id, output: 'text' },
      {
        type: 'tool_search_output',
        call_id: search.call_id,
        execution: 'client',
        tools: [{ ...weather, defer_loading: true }],
      },
      { role: 'user', content: script({ tools: [paris] }) },
    ];
    const second = await accumulated(openai, { model, store: false, tools, input: found });
    expect(second.output).toMatchObject([{ type: 'function_call', name: 'get_weather' }]);
  });

  it('parses what it asked for in a schema, arguments and texts', async () => {
    const { openai } = await start();
    const tools = [zodResponsesFunction({ name: 'get_weather', parameters: city })];
    const called = await openai.responses.parse({ model, tools, input: script({ tools: [paris] }) });
    expect(called.output[0]).toMatchObject({ parsed_arguments: { city: 'Paris' } });
    const text = { format: zodTextFormat(city, 'place') };
    const input = script({ say: ['{"city":', '"Paris"}'] });
    expect((await openai.responses.parse({ model, input, text })).output_parsed).toEqual({ city: 'Paris' });
    const streamed = await openai.responses.stream({ model, input, text }).finalResponse();
    expect(streamed.output_parsed).toEqual({ city: 'Paris' });
  });
});

describe('kept responses', () => {
  it('are listed item by item over several pages, counted and deleted', async () => {
    const { openai } = await start();
    const input = Array.from({ length: 5 }, (_, index) => ({ role: 'user' as const, content: `${index}` }));
    const { id } = await openai.responses.create({ model, input });
    const texts: string[] = [];
    for await (const item of openai.responses.inputItems.list(id, { limit: 2, order: 'asc' }))
      texts.push(JSON.stringify('content' in item ? item.content : item));
    expect(texts).toHaveLength(5);
    expect(texts[4]).toContain('"4"');
    expect(await openai.responses.inputTokens.count({ model, input })).toMatchObject({
      object: 'response.input_tokens',
      input_tokens: expect.any(Number),
    });
    await openai.responses.delete(id);
    await expect(openai.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('errors', () => {
  it('have the class and the code of what went wrong before the answer', async () => {
    const { openai } = await start();
    const ask = (fields: object) => openai.responses.create({ model, input: 'hi', ...fields });
    await expect(ask({ model: 'nope' })).rejects.toBeInstanceOf(NotFoundError);
    await expect(ask({ model: 'nope' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      type: 'invalid_request_error',
      requestID: expect.any(String),
    });
    await expect(ask({ temperature: 7 })).rejects.toBeInstanceOf(BadRequestError);
    await expect(ask({ temperature: 7 })).rejects.toMatchObject({ param: 'temperature' });
    await expect(ask({ stream: true, input: [] })).rejects.toMatchObject({ status: 400, param: 'input' });
    const broken = script({ error: { message: 'it broke' } });
    await expect(ask({ input: broken })).rejects.toBeInstanceOf(InternalServerError);
  });

  it('are a wrong key, and too many requests with the time to wait', async () => {
    const apiKey = randomUUID();
    const { bridge, openai } = await start(
      { OLLAMA_SERVER_API_KEY: apiKey, OLLAMA_SERVER_REQUESTS_PER_MINUTE: '1' },
      apiKey,
    );
    const stranger = new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    await expect(stranger.responses.create({ model, input: 'hi' })).rejects.toBeInstanceOf(
      AuthenticationError,
    );
    await openai.responses.create({ model, input: 'hi' });
    const refused = await openai.responses.create({ model, input: 'hi' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RateLimitError);
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    expect(refused instanceof RateLimitError && Number(refused.headers?.get('retry-after'))).toBeGreaterThan(
      0,
    );
  });

  it('of a stream that runs are response.failed, with all that was written', async () => {
    const { openai } = await start();
    const input = script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error: { message: 'it broke' } });
    const stream = openai.responses.stream({ model, input });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => {
      text += delta;
    });
    const response = await stream.finalResponse();
    expect(text).toBe('a');
    expect(response).toMatchObject({
      status: 'failed',
      error: { code: 'server_error', message: 'it broke' },
    });
  });
});

describe('an abort', () => {
  it.each(['whole', 'streamed', 'by the helper'])('stops the worker: %s', async (kind) => {
    const { bridge, openai } = await start();
    const params = { model, input: script({ n: 10_000, ms: 5 }) };
    const controller = new AbortController();
    const { signal } = controller;
    if (kind === 'by the helper') {
      const stream = openai.responses.stream(params);
      await stream.emitted('response.output_text.delta');
      stream.abort();
      await expect(stream.finalResponse()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    } else if (kind === 'streamed') {
      for await (const event of await openai.responses.create({ ...params, stream: true }, { signal }))
        if (event.type === 'response.output_text.delta') controller.abort();
    } else {
      const pending = openai.responses.create(params, { signal });
      await eventually(() => expect(bridge.nest.runningTurns).toBe(1));
      controller.abort();
      await expect(pending).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    }
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });
});

describe('compaction', () => {
  const history: ResponseInput = [
    { role: 'user', content: 'Name the city.' },
    { role: 'assistant', content: 'Paris.' },
    { role: 'user', content: 'Remember it.' },
  ];

  /** In front of a worker whose summary is what it was asked for, and that shows what it is told. */
  async function startWorldOf() {
    const world = await startWorld();
    return { world, openai: new OpenAI({ baseURL: `${world.url}/v1`, apiKey: 'any', maxRetries: 0 }) };
  }

  it('by its own route gives what later requests go on from', async () => {
    const { world, openai } = await startWorldOf();
    const { id, object, output, usage } = await openai.responses.compact({ model, input: history });
    expect({ id, object }).toEqual({ id: expect.any(String), object: 'response.compaction' });
    expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
    expect(output.map(({ type }) => type)).toEqual(['message', 'message', 'compaction']);
    const input = [...toResponseInputItems(output), { role: 'user' as const, content: 'Go on.' }];
    const next = await accumulated(openai, { model, store: false, input });
    expect(next.output_text).toBe('Go on.');
    const told = String(world.sentOf('prompt').at(-1)?.['content']);
    expect(told).toContain('Name the city.');
    expect(told).toContain('Summarise this conversation');
    expect(told).not.toContain('Paris.');
  });

  it('by its own route takes a conversation that is kept', async () => {
    const { world, openai } = await startWorldOf();
    const { id } = await openai.responses.create({ model, input: history });
    const { output } = await openai.responses.compact({ model, previous_response_id: id });
    expect(output.at(-1)).toMatchObject({ type: 'compaction' });
    expect(String(world.sentOf('prompt').at(-1)?.['content'])).toContain('Paris.');
    await expect(openai.responses.compact({ model })).rejects.toBeInstanceOf(BadRequestError);
    await expect(openai.responses.compact({ model: 'nope', input: 'hi' })).rejects.toBeInstanceOf(
      NotFoundError,
    );
  });

  it('by a trigger is one item, streamed as any other', async () => {
    const { openai } = await startWorldOf();
    const trigger: ResponseInputItem = { type: 'compaction_trigger' };
    const compacted = await accumulated(openai, { model, tools: [weather], input: [...history, trigger] });
    expect(compacted.output).toMatchObject([{ type: 'compaction', encrypted_content: expect.any(String) }]);
    const next = await openai.responses.create({
      model,
      previous_response_id: compacted.id,
      input: 'Go on.',
    });
    expect(next.output_text).toBe('Go on.');
  });

  it('is read by nobody with another key', async () => {
    const keys = [randomUUID(), randomUUID()];
    const bridge = await startEmbeddedBridge({ OLLAMA_SERVER_API_KEY: keys.join(',') });
    const [one, other] = keys.map(
      (apiKey) => new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey, maxRetries: 0 }),
    );
    const compacted = await one?.responses.compact({ model, input: history });
    const input = toResponseInputItems(compacted?.output ?? []);
    expect((await one?.responses.create({ model, input }))?.status).toBe('completed');
    await expect(other?.responses.create({ model, input })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_encrypted_content',
    });
  });
});
