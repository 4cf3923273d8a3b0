/** Tools that ran on the worker's side, as each surface tells of them. */
import { describe, expect, it } from 'vitest';
import { readFrames, typesOf } from '../http/openai/responses/frames.js';
import { startScriptedWorker } from './scripted-worker.js';
import { parseStream, startWorld, type WorldOptions } from './world.js';

const model = 'scripted';

/** What a surface answers to a turn in which a tool of another bee ran, and one that failed. */
async function ask(
  path: string,
  body: object,
  headers: Record<string, string> = {},
  options: WorldOptions = {},
) {
  const world = await startWorld(options);
  const worker = await startScriptedWorker(world);
  const answer = fetch(world.url + path, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model, ...body }),
  });
  const turn = await worker.turn(0);
  const ran = { chi: 'chunk', chunkType: 'tool_executed' };
  turn.send({ chi: 'chunk', chunkType: 'text_start', blockIdx: 0 });
  turn.text('Looking.');
  turn.send({
    ...ran,
    callId: 'c1',
    toolName: 'mcp__fs__read_file',
    arguments: { path: 'a' },
    output: 'the text',
  });
  turn.send({ chi: 'tool-info', callId: 'c1', toolName: 'mcp__fs__read_file', output: 'the text' });
  turn.send({ ...ran, callId: 'c2', toolName: 'forecast', output: { code: 5 }, isError: true });
  turn.send({ chi: 'chunk', chunkType: 'text_start', blockIdx: 0 });
  turn.text('Found.');
  turn.finish();
  return (await answer).text();
}

const messages = [{ role: 'user', content: 'hi' }];
const calls = [
  {
    type: 'mcp_call',
    status: 'completed',
    server_label: 'fs',
    name: 'read_file',
    arguments: '{"path":"a"}',
    output: 'the text',
    error: null,
  },
  {
    type: 'mcp_call',
    status: 'failed',
    server_label: 'hum',
    name: 'forecast',
    arguments: '{}',
    output: null,
    error: '{"code":5}',
  },
];

describe('a tool that ran on the worker’s side', () => {
  it('is an mcp_call of a response, between the messages', async () => {
    const { output } = JSON.parse(await ask('/v1/responses', { input: 'hi' }));
    expect(output).toMatchObject([
      { type: 'message', content: [{ text: 'Looking.' }] },
      ...calls.map((call) => ({
        ...call,
        id: expect.stringMatching(/^mcp_[a-z0-9]{24,}$/),
        approval_request_id: null,
      })),
      // As in one text, for clients that join those of all items.
      { type: 'message', content: [{ text: '\n\nFound.' }] },
    ]);
  });

  it('has its events in a streamed response', async () => {
    const stream = await ask('/v1/responses', { input: 'hi', stream: true });
    expect(typesOf(stream).filter((type) => type.startsWith('mcp'))).toEqual([
      'mcp_call.in_progress',
      'mcp_call_arguments.delta',
      'mcp_call_arguments.done',
      'mcp_call.completed',
      'mcp_call.in_progress',
      'mcp_call_arguments.delta',
      'mcp_call_arguments.done',
      'mcp_call.failed',
    ]);
    const items = readFrames(stream).filter(({ type }) => type === 'response.output_item.done');
    expect(items.map(({ item }) => item)).toMatchObject([{}, ...calls, {}]);
  });

  it.each([true, false])(
    'is mcp_tool_use and mcp_tool_result where the beta header says so, stream: %s',
    async (stream) => {
      const betas = { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'other-1,mcp-client-2025-11-20' };
      const body = { max_tokens: 100, messages, stream };
      const text = await ask('/v1/messages', body, betas);
      const blocks = stream
        ? parseStream(text).flatMap((event) =>
            event['type'] === 'content_block_start' ? [Object(event['content_block'])] : [],
          )
        : JSON.parse(text).content;
      expect(blocks).toMatchObject([
        { type: 'text' },
        { type: 'mcp_tool_use', name: 'read_file', server_name: 'fs', input: stream ? {} : { path: 'a' } },
        { type: 'mcp_tool_result', is_error: false, content: [{ type: 'text', text: 'the text' }] },
        { type: 'mcp_tool_use', name: 'forecast', server_name: 'hum' },
        { type: 'mcp_tool_result', is_error: true, content: [{ type: 'text', text: '{"code":5}' }] },
        { type: 'text' },
      ]);
      for (const at of [1, 3]) expect(blocks[at + 1].tool_use_id).toBe(blocks[at].id);
      if (stream) expect(text).toContain('{"type":"input_json_delta","partial_json":"{\\"path\\":\\"a\\"}"}');
    },
  );

  it.each([
    ['/v1/messages', { max_tokens: 100, messages }],
    ['/v1/chat/completions', { messages }],
    ['/api/chat', { messages, stream: false }],
    ['/v1/completions', { prompt: 'hi' }],
  ])('is not told of elsewhere: %s', async (path, body) => {
    const text = await ask(path, body);
    expect(text).toContain('Found.');
    expect(text).not.toMatch(/mcp_|read_file|the text/);
  });

  it.each([
    ['/v1/messages', { max_tokens: 100, messages }],
    ['/v1/chat/completions', { messages }],
    ['/api/chat', { messages, stream: false }],
  ])('is reasoning elsewhere where that is configured: %s', async (path, body) => {
    const text = await ask(path, body, {}, { config: { showWorkerTools: true } });
    expect(text).toContain('[mcp__fs__read_file]');
    expect(text).toContain('[forecast failed]');
  });

  it('stays an mcp_call of a response where that is configured, and is no reasoning besides', async () => {
    const { output } = JSON.parse(
      await ask('/v1/responses', { input: 'hi' }, {}, { config: { showWorkerTools: true } }),
    );
    expect(output.map(({ type }: { type: string }) => type)).toEqual([
      'message',
      'mcp_call',
      'mcp_call',
      'message',
    ]);
  });
});

it('mcp_tool_use and mcp_tool_result that a client sends back do not change the conversation', async () => {
  const world = await startWorld();
  const worker = await startScriptedWorker(world, 'stateful_session');
  const headers = { 'anthropic-beta': 'mcp-client-2025-04-04' };
  const post = (history: readonly unknown[]) =>
    fetch(`${world.url}/v1/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model, max_tokens: 100, messages: history }),
    });
  const first = post(messages);
  const turn = await worker.turn(0);
  turn.send({ chi: 'chunk', chunkType: 'tool_executed', callId: 'c1', toolName: 'forecast', output: 'rain' });
  turn.text('It rains.');
  turn.finish();
  const { content } = Object(await (await first).json());
  expect(content).toHaveLength(3);
  const second = post([...messages, { role: 'assistant', content }, { role: 'user', content: 'and then?' }]);
  const next = await worker.turn(1);
  expect([next.sid, next.prompt['content']]).toEqual([turn.sid, 'and then?']);
  next.finish();
  await second;
});
