import { createOpenAI } from '@ai-sdk/openai';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import OpenAI, { APIError, BadRequestError, NotFoundError } from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../eventually.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const model = 'claude-sonnet-4';
const city = z.object({ city: z.string() });
const weather = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};
const paris = { name: 'get_weather', args: { city: 'Paris' } };
const rome = { name: 'get_weather', args: { city: 'Rome' } };
const noCredit = { message: 'credit balance is too low', code: 'worker_error' };

describe('npm openai', () => {
  async function start() {
    const bridge = await startEmbeddedBridge();
    return { bridge, openai: new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any', maxRetries: 0 }) };
  }

  it('creates a response', async () => {
    const { openai } = await start();
    const response = await openai.responses.create({
      model,
      input: 'Why is the sky blue?',
      metadata: { a: 'b' },
    });
    expect(response).toMatchObject({
      status: 'completed',
      model,
      output_text: 'Why is the sky blue?',
      metadata: { a: 'b' },
      error: null,
      incomplete_details: null,
    });
    expect(response.usage?.total_tokens).toBe(
      (response.usage?.input_tokens ?? 0) + (response.usage?.output_tokens ?? 0),
    );
  });

  it('iterates over the raw events of a stream', async () => {
    const { openai } = await start();
    const input = script({ say: ['Hel', 'lo'], ms: 20 });
    const types: string[] = [];
    let text = '';
    for await (const event of await openai.responses.create({ model, input, stream: true })) {
      types.push(event.type);
      if (event.type === 'response.output_text.delta') text += event.delta;
      expect(event.sequence_number).toBe(types.length - 1);
    }
    expect(text).toBe('Hello');
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
  });

  it('satisfies the strict .stream() helper: reasoning, text and calls', async () => {
    const { openai } = await start();
    const stream = openai.responses.stream({
      model,
      input: script({ reason: ['Let me ', 'see.'], say: ['Looking.'], tools: [paris, rome] }),
      reasoning: { effort: 'low', summary: 'auto' },
      tools: [weather],
    });
    const snapshots: string[] = [];
    stream.on('response.output_text.delta', ({ snapshot }) => snapshots.push(snapshot));
    const response = await stream.finalResponse();
    expect(snapshots).toEqual(['Looking.']);
    expect(response.output).toMatchObject([
      { type: 'reasoning', summary: [{ text: 'Let me see.' }] },
      { type: 'message', content: [{ text: 'Looking.' }] },
      { type: 'function_call', name: 'get_weather', arguments: '{"city":"Paris"}', status: 'completed' },
      { type: 'function_call', name: 'get_weather', arguments: '{"city":"Rome"}', status: 'completed' },
    ]);
    expect(response.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('parses an answer that was asked for in a schema, whole and streamed', async () => {
    const { openai } = await start();
    const text = { format: zodTextFormat(city, 'place') };
    const input = script({ say: ['{"city":', '"Paris"}'] });
    const whole = await openai.responses.parse({ model, input, text });
    expect(whole.output_parsed).toEqual({ city: 'Paris' });
    expect(whole.text?.format).toMatchObject({ type: 'json_schema', name: 'place', strict: true });
    const streamed = await openai.responses.stream({ model, input, text }).finalResponse();
    expect(streamed.output_parsed).toEqual({ city: 'Paris' });
  });

  it('parses the arguments of a tool', async () => {
    const { openai } = await start();
    const tools = [zodResponsesFunction({ name: 'get_weather', parameters: city })];
    const { output } = await openai.responses.parse({ model, input: script({ tools: [paris] }), tools });
    expect(output[0]).toMatchObject({ type: 'function_call', parsed_arguments: { city: 'Paris' } });
  });

  it('takes the results of calls back, with the history or by previous_response_id', async () => {
    const { openai } = await start();
    const question = { role: 'user' as const, content: script({ tools: [paris] }) };
    const first = await openai.responses.create({ model, input: [question], tools: [weather] });
    const [called] = first.output;
    if (called?.type !== 'function_call') expect.fail('no tool was called');
    const result = { type: 'function_call_output' as const, call_id: called.call_id, output: '21C' };
    const replayed = await openai.responses.create({
      model,
      input: [question, called, result],
      tools: [weather],
    });
    expect(replayed.output_text).toBe('21C');
    const continued = await openai.responses.create({
      model,
      input: [result],
      tools: [weather],
      previous_response_id: first.id,
    });
    expect(continued).toMatchObject({ output_text: '21C', previous_response_id: first.id });
  });

  it('retrieves, lists the input, refuses to cancel and deletes', async () => {
    const { openai } = await start();
    const { id, output } = await openai.responses.create({ model, input: 'hi', instructions: 'be brief' });
    expect(await openai.responses.retrieve(id)).toMatchObject({ id, output, instructions: 'be brief' });
    const items = [];
    for await (const item of openai.responses.inputItems.list(id)) items.push(item);
    expect(items).toMatchObject([
      {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: 'hi' }],
        id: expect.any(String),
      },
    ]);
    await expect(openai.responses.cancel(id)).rejects.toBeInstanceOf(BadRequestError);
    await openai.responses.delete(id);
    await expect(openai.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(
      openai.responses.create({ model, input: 'hi', previous_response_id: id }),
    ).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
  });

  it('counts the tokens of an input', async () => {
    const { openai } = await start();
    const { input_tokens } = await openai.responses.inputTokens.count({
      model,
      input: 'Why is the sky blue?',
    });
    expect(input_tokens).toBe(5);
  });

  it('is told what went wrong: as a status at first, as response.failed later', async () => {
    const { openai } = await start();
    const unknown = openai.responses.create({ model: 'nope', input: 'hi', stream: true });
    await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
    const failed = openai.responses.create({ model, input: script({ error: noCredit }) });
    await expect(failed).rejects.toBeInstanceOf(APIError);
    const input = script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error: noCredit });
    const response = await openai.responses.stream({ model, input }).finalResponse();
    expect(response).toMatchObject({
      status: 'failed',
      error: { code: 'server_error', message: noCredit.message },
    });
  });

  it('is told that an answer was cut', async () => {
    const { openai } = await start();
    const request = { model, input: 'one two three four', max_output_tokens: 2 };
    for (const response of [
      await openai.responses.create(request),
      await openai.responses.stream(request).finalResponse(),
    ]) {
      expect(response).toMatchObject({
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output_text: 'one two',
      });
    }
  });

  it.each([true, false])('stops the worker when it aborts, stream: %s', async (stream) => {
    const { bridge, openai } = await start();
    const controller = new AbortController();
    const input = script({ n: 10_000, ms: 5 });
    const pending = openai.responses.create({ model, input, stream }, { signal: controller.signal });
    await eventually(() => expect(bridge.nest.runningTurns).toBe(1));
    if (stream) await pending;
    controller.abort();
    if (!stream) await expect(pending).rejects.toThrow('abort');
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });
});

describe('@ai-sdk/openai, responses', () => {
  async function start() {
    const bridge = await startEmbeddedBridge();
    const requests: string[] = [];
    const provider = createOpenAI({
      baseURL: `${bridge.url}/v1`,
      apiKey: 'any',
      fetch: (url, init) => {
        requests.push(String(init?.body));
        return fetch(url, init);
      },
    });
    return { requests, model: provider.responses(model) };
  }
  const tools = {
    get_weather: tool({
      description: 'Weather of a city',
      inputSchema: city,
      execute: async ({ city: name }) => `${name}: 21C`,
    }),
  };

  it('generates', async () => {
    const { model } = await start();
    const { text, finishReason, usage, response } = await generateText({ model, prompt: 'Hello there' });
    expect({ text, finishReason }).toEqual({ text: 'Hello there', finishReason: 'stop' });
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(response.id).toMatch(/^resp_/);
  });

  it('streams, thoughts and all', async () => {
    const { model } = await start();
    const prompt = script({ reason: ['Let me ', 'see.'], say: ['Hel', 'lo'] });
    const result = streamText({ model, prompt });
    const types: string[] = [];
    for await (const part of result.fullStream) types.push(part.type);
    expect(await result.text).toBe('Hello');
    expect(await result.reasoningText).toBe('Let me see.');
    expect(await result.usage).toMatchObject({ inputTokens: 14, outputTokens: 7 });
    expect(types).not.toContain('error');
    expect(types.filter((type) => type.endsWith('-start') && type !== 'start')).toEqual([
      'reasoning-start',
      'text-start',
    ]);
  });

  it.each(['generateText', 'streamText'] as const)(
    'runs tools to the end, and refers to what it was told before: %s',
    async (how) => {
      const { model, requests } = await start();
      const prompt = script({ say: ['Looking.'], tools: [paris, rome] });
      const settings = { model, prompt, tools, stopWhen: stepCountIs(3) };
      const result = how === 'generateText' ? await generateText(settings) : streamText(settings);
      expect(await result.text).toContain('Rome: 21C');
      expect(await result.finishReason).toBe('stop');
      expect((await result.steps)[0]?.toolResults.map(({ output }) => output)).toEqual([
        'Paris: 21C',
        'Rome: 21C',
      ]);
      expect(requests).toHaveLength(2);
      expect(requests[1]).toContain('"type":"item_reference"');
    },
  );

  it('is told what went wrong in the middle of a stream', async () => {
    const { model } = await start();
    const prompt = script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error: noCredit });
    const errors: unknown[] = [];
    const result = streamText({ model, prompt, onError: ({ error }) => void errors.push(error) });
    await result.consumeStream();
    expect(await result.finishReason).toBe('error');
    expect(JSON.stringify(errors) + String(errors)).toContain(noCredit.message);
  });
});

describe('Codex', () => {
  const namespace = {
    type: 'namespace',
    name: 'mcp__files__',
    description: 'Files',
    tools: [
      {
        type: 'function',
        name: 'read',
        description: '',
        strict: false,
        parameters: { type: 'object', properties: {} },
      },
    ],
  };
  const applyPatch = {
    type: 'custom',
    name: 'apply_patch',
    description: 'Edits files',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: begin_patch hunk+ end_patch' },
  };
  /** What it sends in each turn, and the items of the stream as it reads them: from `output_item.done`. */
  async function turn(url: string, input: readonly object[]) {
    const response = await fetch(`${url}/v1/responses`, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        authorization: 'Bearer any',
        originator: 'codex_cli_rs',
        'user-agent': 'codex_cli_rs/0.150.0 (Debian 13; x86_64) xterm',
        'session-id': 's',
        'thread-id': 't',
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        model,
        instructions: 'You are Codex.',
        input,
        tools: [
          { ...weather, name: 'exec_command' },
          applyPatch,
          namespace,
          { type: 'web_search', external_web_access: false },
          { type: 'tool_search', execution: 'client' },
        ],
        tool_choice: 'auto',
        parallel_tool_calls: true,
        reasoning: { effort: 'medium', summary: 'auto' },
        store: false,
        stream: true,
        include: ['reasoning.encrypted_content'],
        prompt_cache_key: 's',
        text: { verbosity: 'low' },
        client_metadata: { a: 'b' },
      }),
    });
    expect(response.status).toBe(200);
    const events = (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => Object(JSON.parse(line.slice('data: '.length))));
    const items: Readonly<Record<string, unknown>>[] = events
      .filter(({ type }) => type === 'response.output_item.done')
      .map(({ item }) => item);
    return { events, items, last: events.at(-1) };
  }

  it('works through a turn: thoughts, a function, a custom tool, one of a namespace, and their results', async () => {
    const { url } = await startEmbeddedBridge();
    const prompt = script({
      reason: ['Let me see.'],
      say: ['Working.'],
      tools: [
        { name: 'exec_command', args: { cmd: 'ls' } },
        { name: 'apply_patch', args: { input: '*** Begin Patch' } },
        { name: 'mcp__files____read', args: { path: 'a' } },
      ],
    });
    const history = [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: '<permissions>' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] },
    ];
    const first = await turn(url, history);
    expect(first.items).toMatchObject([
      {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'Let me see.' }],
        encrypted_content: expect.any(String),
      },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Working.' }] },
      { type: 'function_call', name: 'exec_command', arguments: '{"cmd":"ls"}' },
      { type: 'custom_tool_call', name: 'apply_patch', input: '*** Begin Patch' },
      { type: 'function_call', name: 'read', namespace: 'mcp__files__', arguments: '{"path":"a"}' },
    ]);
    expect(first.last).toMatchObject({
      type: 'response.completed',
      response: { id: expect.any(String), usage: { input_tokens: expect.any(Number) } },
    });
    const withoutIds = first.items.map(({ id: _, ...item }) => item);
    const [, , f, custom, member] = first.items;
    const results = [
      {
        type: 'function_call_output',
        call_id: f?.['call_id'],
        output: [{ type: 'input_text', text: 'a.txt' }],
      },
      { type: 'custom_tool_call_output', call_id: custom?.['call_id'], output: 'patched' },
      { type: 'function_call_output', call_id: member?.['call_id'], output: 'content' },
    ];
    const second = await turn(url, [...history, ...withoutIds, ...results]);
    expect(second.items.at(-1)).toMatchObject({ type: 'message', content: [{ text: 'content' }] });
    expect(second.last).toMatchObject({ type: 'response.completed' });
  });

  it('is given a terminal event with a code when its turn fails', async () => {
    const { url } = await startEmbeddedBridge();
    const text = script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error: noCredit });
    const { last, items } = await turn(url, [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
    ]);
    expect(items).toEqual([]);
    expect(last).toMatchObject({
      type: 'response.failed',
      response: { error: { code: 'server_error', message: noCredit.message } },
    });
  });
});
