/** What agents on Anthropic's API rely on, by its own SDK where that can show it. */
import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { startScriptedWorker } from './scripted-worker.js';
import { script, startWorld, type World } from './world.js';

const MODEL = 'claude-sonnet-4';
const sdk = ({ url }: Pick<World, 'url'>) => new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 });
const ask = (content: string) => ({
  model: MODEL,
  max_tokens: 1_000,
  messages: [{ role: 'user' as const, content }],
});
const SEARCH = { type: 'web_search_20250305', name: 'web_search' } as const;

describe('blocks that hold text', () => {
  const server = (type: string, content: unknown) => ({ type, tool_use_id: 's', content });
  test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    [
      'a search result',
      {
        type: 'search_result',
        title: 'Mats',
        source: 'https://x.test',
        content: [{ type: 'text', text: 'Under it.' }],
      },
      ['Mats', 'https://x.test', 'Under it.'],
    ],
    [
      'a call of a server tool',
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'mats' } },
      ['web_search', '{"query":"mats"}'],
    ],
    [
      'a web search',
      server('web_search_tool_result', [
        {
          type: 'web_search_result',
          title: 'Mats',
          url: 'https://x.test',
          encrypted_content: 'ZZZ',
          page_age: 'May 1',
        },
      ]),
      ['Mats', 'https://x.test', 'May 1'],
    ],
    [
      'a web search that failed',
      server('web_search_tool_result', { type: 'web_search_tool_result_error', error_code: 'unavailable' }),
      ['error_code: unavailable'],
    ],
    [
      'a fetched page',
      server('web_fetch_tool_result', {
        type: 'web_fetch_result',
        url: 'https://x.test',
        content: {
          type: 'document',
          title: 'Mats',
          source: { type: 'text', media_type: 'text/plain', data: 'Under it.' },
        },
      }),
      ['https://x.test', 'Mats', 'Under it.'],
    ],
    [
      'executed code',
      server('code_execution_tool_result', {
        type: 'code_execution_result',
        stdout: '42\n',
        stderr: 'warned',
        return_code: 0,
        content: [{ type: 'code_execution_output', file_id: 'file_1' }],
      }),
      ['42', 'warned', 'return_code: 0', 'file_1'],
    ],
    [
      'an executed command',
      server('bash_code_execution_tool_result', {
        type: 'bash_code_execution_result',
        stdout: '42',
        stderr: '',
        return_code: 1,
        content: [],
      }),
      ['42', 'return_code: 1'],
    ],
    [
      'a viewed file',
      server('text_editor_code_execution_tool_result', {
        type: 'text_editor_code_execution_view_result',
        content: 'Under it.',
        file_type: 'text',
      }),
      ['Under it.'],
    ],
    [
      'a call of an MCP tool',
      { type: 'mcp_tool_use', id: 'm', name: 'find', server_name: 'home', input: { a: 1 } },
      ['find', 'home', '{"a":1}'],
    ],
    [
      'a result of an MCP tool',
      {
        type: 'mcp_tool_result',
        tool_use_id: 'm',
        is_error: false,
        content: [{ type: 'text', text: 'Under it.' }],
      },
      ['Under it.'],
    ],
    ['an upload', { type: 'container_upload', file_id: 'file_1' }, ['file_1']],
    [
      'a summary',
      { type: 'compaction', content: 'They looked for the key.', encrypted_content: 'ZZZ' },
      ['They looked for the key.'],
    ],
  ])('%s reaches the model', async (_, block, texts) => {
    const world = await startWorld();
    const messages = [
      { role: 'user', content: 'Where is it?' },
      { role: 'assistant', content: [block, { type: 'text', text: 'I know.' }] },
      { role: 'user', content: 'Then say it.' },
    ];
    expect((await world.post('/v1/messages', { ...ask(''), messages })).status).toBe(200);
    const prompt = String(world.sentOf('prompt')[0]?.['content']);
    for (const text of texts) expect(prompt).toContain(text);
    expect(prompt).not.toContain('ZZZ');
    expect(prompt).toContain(`[${String(block['type'])}]`);
  });

  test('thoughts are not among them', async () => {
    const world = await startWorld();
    const thoughts = [
      { type: 'thinking', thinking: 'Hm.', signature: 'x' },
      { type: 'redacted_thinking', data: 'ZZZ' },
    ];
    const messages = [
      { role: 'user', content: 'Where is it?' },
      { role: 'assistant', content: [...thoughts, { type: 'text', text: 'I know.' }] },
      { role: 'user', content: 'Then say it.' },
    ];
    expect((await world.post('/v1/messages', { ...ask(''), messages })).status).toBe(200);
    expect(String(world.sentOf('prompt')[0]?.['content'])).not.toMatch(/Hm|ZZZ|thinking/);
  });
});

describe('tools', () => {
  test.each([{ type: 'tool', name: 'web_search' } as const, { type: 'any' } as const])(
    'a server tool that is forced by %j is a 400 that names it, and no worker is asked',
    async (tool_choice) => {
      const world = await startWorld();
      const answer = sdk(world).messages.create({ ...ask('Search.'), tools: [SEARCH], tool_choice });
      await expect(answer).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining("'web_search'"),
      });
      expect(world.sent).toEqual([]);
    },
  );

  test('a server tool that is not forced is left out', async () => {
    const world = await startWorld();
    const answer = await sdk(world).messages.create({ ...ask('Search.'), tools: [SEARCH] });
    expect(answer.stop_reason).toBe('end_turn');
    expect(world.sentOf('prompt')[0]).not.toHaveProperty('tools');
  });

  test.each([
    [{ type: 'bash_20250124', name: 'bash' } as const, { command: 'ls' }],
    [
      { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' } as const,
      { command: 'view', path: '/a' },
    ],
    [{ type: 'memory_20250818', name: 'memory' } as const, { command: 'view', path: '/memories' }],
  ])('%j is offered as a function, and called by its name', async (tool, args) => {
    const world = await startWorld();
    const content = script({ tools: [{ name: tool.name, args }] });
    const answer = await sdk(world).messages.create({ ...ask(content), tools: [tool] });
    expect(answer).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: tool.name, input: args, caller: { type: 'direct' } }],
    });
    expect(world.sentOf('prompt')[0]?.['tools']).toMatchObject([
      { name: tool.name, inputSchema: { type: 'object', properties: { command: { type: 'string' } } } },
    ]);
  });

  const BROWSER = { type: 'browser_toolset_20260801' } as const;
  const COMPUTER = { type: 'computer_toolset_20260801' } as const;
  const OWN = { name: 'find', input_schema: { type: 'object' as const, properties: {} } };
  test.each([
    [[BROWSER], 'navigate', 'navigate', 'browser', { url: 'https://x.test' }],
    [[COMPUTER], 'left_click', 'left_click', 'computer', { coordinate: [1, 2] }],
    [[BROWSER, COMPUTER], 'computer_screenshot', 'screenshot', 'computer', {}],
    [[COMPUTER, BROWSER], 'browser_screenshot', 'screenshot', 'browser', { tab_id: 't1' }],
    [[BROWSER, OWN], 'browser_find', 'find', 'browser', { query: 'a mat' }],
  ])(
    'of the toolsets %j %s is called as %s of %s, and is so in the history',
    async (tools, offered, name, toolset_name, input) => {
      const world = await startWorld();
      const { messages } = sdk(world).beta;
      const question = { ...ask(script({ tools: [{ name: offered, args: input }] })), tools };
      const answer = await messages.create(question);
      const call = { type: 'tool_use', name, toolset_name, input };
      expect(answer).toMatchObject({ stop_reason: 'tool_use', content: [call] });
      const streamed = await messages.stream(question).finalMessage();
      expect(streamed).toMatchObject({ stop_reason: 'tool_use', content: [call] });
      const [prompt] = world.sentOf('prompt');
      expect(prompt?.['tools']).toContainEqual(
        expect.objectContaining({ name: offered, inputSchema: expect.objectContaining({ type: 'object' }) }),
      );
      const tool_use_id = 'toolu_before';
      await messages.create({
        ...ask(''),
        tools,
        messages: [
          { role: 'user', content: 'Look.' },
          { role: 'assistant', content: [{ type: 'tool_use', id: tool_use_id, name, toolset_name, input }] },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id, toolset_name, content: 'It is done.' }],
          },
        ],
      });
      const history = JSON.stringify(world.sentOf('prompt').at(-1));
      expect(history).toContain(offered);
      expect(history).toContain('It is done.');
    },
  );

  test("a toolset's members that are off are not offered, and its state reaches the model", async () => {
    const world = await startWorld();
    const tool_use_id = 'toolu_before';
    await sdk(world).beta.messages.create({
      ...ask(''),
      tools: [{ ...BROWSER, configs: { zoom: { enabled: false }, javascript_exec: { enabled: true } } }],
      messages: [
        { role: 'user', content: 'Look.' },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: tool_use_id, name: 'list_tabs', toolset_name: 'browser', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id,
              toolset_name: 'browser',
              content: [
                {
                  type: 'browser_state',
                  tabs: [{ tab_id: 't7', title: 'Mats', url: 'https://x.test', active: true }],
                  state_changes: [{ type: 'download_failed', download_id: 'd', url: 'https://x.test/d' }],
                },
              ],
            },
          ],
        },
      ],
    });
    const [prompt] = world.sentOf('prompt');
    const names = JSON.stringify(prompt?.['tools']).match(/"name":"\w+"/g);
    expect(names).toContain('"name":"javascript_exec"');
    expect(names).not.toContain('"name":"zoom"');
    expect(names).not.toContain('"name":"read_console"');
    const history = JSON.stringify(prompt);
    for (const seen of ['t7', 'Mats', 'download_failed']) expect(history).toContain(seen);
  });

  test('a tool to be loaded later is hidden until a tool_reference names it', async () => {
    const world = await startWorld();
    const input_schema = { type: 'object' as const, properties: {} };
    const tools = [
      { name: 'find_tools', input_schema },
      { name: 'rare', input_schema, defer_loading: true },
    ];
    await sdk(world).messages.create({ ...ask('Go.'), tools });
    const found = { type: 'tool_reference' as const, tool_name: 'rare' };
    await sdk(world).messages.create({
      ...ask(''),
      tools,
      messages: [
        { role: 'user', content: 'Go.' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'find_tools', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [found] }] },
      ],
    });
    const names = world
      .sentOf('prompt')
      .map((prompt) => JSON.stringify(prompt['tools']).match(/"name":"\w+"/g));
    expect(names).toEqual([['"name":"find_tools"'], ['"name":"find_tools"', '"name":"rare"']]);
  });
});

describe('tools to be loaded later that nothing of the client can find', () => {
  const rare = { name: 'rare', input_schema: { type: 'object', properties: {} }, defer_loading: true };
  const here = { name: 'here', input_schema: { type: 'object', properties: {} } };
  const search = (type: string) => ({ type, name: type.replace(/_\d+$/, '') });
  test.each([
    [[search('tool_search_tool_regex_20251119'), here, rare]],
    [[search('tool_search_tool_bm25_20251119'), here, rare]],
    [[search('tool_search_tool_regex'), rare]],
    [[rare]],
    [[{ type: 'web_search_20260209', name: 'web_search' }, rare]],
  ])('are offered: %j', async (tools) => {
    const world = await startWorld();
    const answer = await world.post('/v1/messages', { ...ask('Go.'), tools });
    expect(answer.status).toBe(200);
    const names = JSON.stringify(world.sentOf('prompt')[0]?.['tools']).match(/"name":"\w+"/g);
    expect(names).toContain('"name":"rare"');
    expect(names).not.toContain('search');
  });
});

describe('an answer', () => {
  test.each([true, false])('that is cut at a stop sequence names it, streamed: %s', async (stream) => {
    const world = await startWorld();
    const body = { ...ask(script({ say: ['one STOP two'] })), stop_sequences: ['NEVER', 'STOP'] };
    const { messages } = sdk(world);
    const answer = stream ? await messages.stream(body).finalMessage() : await messages.create(body);
    expect(answer).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'STOP',
      content: [{ type: 'text', text: 'one ' }],
    });
  });

  test.each([true, false])('hides thoughts where their display is omitted, streamed: %s', async (stream) => {
    const world = await startWorld();
    const content = script({ reason: ['secret', 'thoughts'], say: ['done'] });
    const body = { ...ask(content), thinking: { type: 'adaptive', display: 'omitted' }, stream };
    const text = await (await world.post('/v1/messages', body)).text();
    expect(text).not.toMatch(/secret|thinking_delta/);
    expect(text).toContain('"thinking":""');
    expect(text).toContain('done');
  });

  test.each([true, false])('of no tokens is empty, and no worker is asked, streamed: %s', async (stream) => {
    const world = await startWorld();
    const { messages } = sdk(world);
    const body = { ...ask('Warm up.'), max_tokens: 0 };
    const answer = stream ? await messages.stream(body).finalMessage() : await messages.create(body);
    expect(answer).toMatchObject({ content: [], stop_reason: 'max_tokens', usage: { output_tokens: 0 } });
    expect(answer.usage.input_tokens).toBeGreaterThan(0);
    expect(world.sent).toEqual([]);
    await expect(messages.create({ ...body, model: 'nothing-such' })).rejects.toMatchObject({ status: 404 });
  });

  test('has all fields that the newest types require', async () => {
    const world = await startWorld();
    const answer = await sdk(world).messages.create(ask('hi'));
    expect(answer).toMatchObject({
      container: null,
      diagnostics: null,
      stop_details: null,
      stop_sequence: null,
      content: [{ type: 'text', text: 'hi' }],
      usage: {
        cache_creation: null,
        inference_geo: null,
        output_tokens_details: null,
        server_tool_use: null,
        service_tier: null,
        speed: null,
      },
    });
  });

  test('that no worker has counted has the same input in its first event, its last one, whole and as a count, tools included', async () => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const tool = { name: 'look', description: 'x'.repeat(400), input_schema: { type: 'object' as const } };
    const body = {
      ...ask('hi'),
      model: 'scripted',
      tools: [tool],
      messages: [
        { role: 'user' as const, content: 'hi' },
        { role: 'assistant' as const, content: 'hello' },
        { role: 'user' as const, content: 'again' },
      ],
    };
    const { messages } = sdk(world);
    const inputs: unknown[] = [];
    const stream = messages.stream(body);
    stream.on('streamEvent', (event) => {
      if (event.type === 'message_start') inputs.push(event.message.usage.input_tokens);
      if (event.type === 'message_delta') inputs.push(event.usage.input_tokens);
    });
    const first = await worker.turn(0);
    first.text('hi');
    first.finish();
    await stream.finalMessage();
    const whole = messages.create(body);
    const second = await worker.turn(1);
    second.text('hi');
    second.finish();
    inputs.push((await whole).usage.input_tokens);
    const { max_tokens: _, ...counted } = body;
    inputs.push((await messages.countTokens(counted)).input_tokens);
    expect(new Set(inputs).size).toBe(1);
    expect(Number(inputs[0])).toBeGreaterThan(100);
  });

  test('has what was written to a cache apart from its input', async () => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const answer = sdk(world).messages.create({ ...ask('hi'), model: 'scripted' });
    const turn = await worker.turn(0);
    turn.text('hi');
    turn.finish({
      usage: {
        input_tokens: 3,
        cache_read_input_tokens: 20,
        cache_creation_input_tokens: 10,
        output_tokens: 2,
      },
    });
    expect((await answer).usage).toMatchObject({
      input_tokens: 3,
      cache_read_input_tokens: 20,
      cache_creation_input_tokens: 10,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 0 },
      output_tokens: 2,
    });
  });
});

test("Claude Code's billing line is no instruction", async () => {
  const world = await startWorld();
  const billing = 'x-anthropic-billing-header: cc_version=2.1; cch=12345;';
  const system = [
    { type: 'text' as const, text: billing },
    { type: 'text' as const, text: 'Be brief.' },
  ];
  await sdk(world).messages.create({ ...ask('hi'), system });
  await sdk(world).messages.create({ ...ask('hi'), system: `${billing}\nBe brief.` });
  expect(world.sentOf('prompt').map((prompt) => prompt['systemPrompt'])).toEqual(['Be brief.', 'Be brief.']);
});

describe('the models', () => {
  test("are listed and retrieved by Anthropic's SDK, page by page", async () => {
    const world = await startWorld({ kind: 'anthropic-server' });
    const { models } = sdk(world);
    const ids: string[] = [];
    for await (const model of models.list({ limit: 2 })) {
      expect(model).toMatchObject({ type: 'model', lifecycle: 'active', deprecated_at: null });
      expect(Date.parse(model.created_at)).toBeGreaterThan(0);
      ids.push(model.id);
    }
    expect(ids.length).toBeGreaterThan(2);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(MODEL);
    expect(await models.retrieve(MODEL)).toMatchObject({
      id: MODEL,
      display_name: MODEL,
      max_input_tokens: 200_000,
      capabilities: { image_input: { supported: true }, pdf_input: { supported: false } },
    });
  });

  test('that are not there are a 404 in the same words, with a request-id', async () => {
    const world = await startWorld();
    const failed = sdk(world).models.retrieve('nothing-such');
    await expect(failed).rejects.toMatchObject({
      status: 404,
      requestID: expect.stringMatching(/^req_/),
      error: { type: 'error', error: { type: 'not_found_error', message: 'model: nothing-such' } },
    });
    const limit = sdk(world).models.list({ limit: 0 });
    await expect(limit).rejects.toMatchObject({ status: 400, error: { type: 'error' } });
  });

  test.each(['/anthropic', '/v1', '/', '/api/anthropic'])(
    'are found behind the base URL %s, each by its id, and no other',
    async (base) => {
      const world = await startWorld();
      const { models } = sdk({ url: world.url + base });
      expect((await models.list({ limit: 1 })).data).toHaveLength(1);
      expect(await models.retrieve(MODEL)).toMatchObject({ type: 'model', id: MODEL });
      await expect(models.retrieve('nothing/such')).rejects.toMatchObject({
        status: 404,
        error: { error: { type: 'not_found_error', message: 'model: nothing/such' } },
      });
    },
  );

  test.each(['/v1/messages/batches', '/v1/messages/batches/b_1/results', '/v1/files'])(
    '%s is not offered, in the words of Anthropic',
    async (path) => {
      const world = await startWorld();
      const headers = { 'anthropic-version': '2023-06-01' };
      const answer = await fetch(world.url + path, { headers });
      expect(answer.status).toBe(404);
      expect(answer.headers.get('request-id')).toMatch(/^req_/);
      expect(await answer.json()).toMatchObject({
        type: 'error',
        error: { type: 'not_found_error', message: expect.stringContaining('not offered here') },
      });
    },
  );

  test("are OpenAI's for all other clients", async () => {
    const world = await startWorld();
    expect(await (await fetch(`${world.url}/v1/models`)).json()).toMatchObject({ object: 'list' });
    const missing = await fetch(`${world.url}/v1/models/nothing-such`);
    expect(await missing.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });
});

test('pages may read the request-id and the rate headers', async () => {
  const world = await startWorld({ config: { requestsPerMinute: 100 } });
  const answer = await fetch(`${world.url}/v1/messages`, {
    method: 'POST',
    headers: { origin: 'http://localhost:3000' },
    body: JSON.stringify(ask('hi')),
  });
  const exposed = answer.headers.get('access-control-expose-headers')?.split(', ');
  for (const name of [
    'request-id',
    'anthropic-ratelimit-requests-limit',
    'anthropic-ratelimit-requests-remaining',
    'anthropic-ratelimit-requests-reset',
  ]) {
    expect(answer.headers.get(name)).toBeTruthy();
    expect(exposed).toContain(name);
  }
});
