/** What is known of the server and its models: where its routes begin, whether it is there, and what its models can do. */
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { at } from '../front-door/ask-surfaces.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { startFakeUpstream } from './fake-upstream.js';
import { chat, startUpstreamWorld } from './upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

function keepingLog() {
  const lines: Json[] = [];
  return { lines, log: pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }) };
}

async function cardOf(entry: Json, more: Json = {}) {
  const { url } = await startUpstreamWorld({
    config: { models: [] },
    prepare: (upstream) => {
      upstream.list = () => ({ object: 'list', data: [{ id: 'the-model', ...entry }], ...more });
    },
  });
  const shown = await fetch(`${url}/api/show`, {
    method: 'POST',
    body: JSON.stringify({ model: 'the-model' }),
  });
  const card: unknown = await shown.json();
  const info = at(card, 'model_info');
  const length = Object.entries(info ?? {}).find(([name]) => name.endsWith('.context_length'))?.[1];
  return { length, capabilities: at(card, 'capabilities') };
}

describe('what a server says of a model is on its card', () => {
  it.each([
    ['vLLM and SGLang', { max_model_len: 32_768 }, 32_768],
    ['OpenRouter', { context_length: 200_000, top_provider: { context_length: 128_000 } }, 200_000],
    ['Groq', { context_window: 131_072, active: true }, 131_072],
    ['Mistral', { max_context_length: 32_000 }, 32_000],
    ['LiteLLM', { model_info: { max_input_tokens: 16_000 } }, 16_000],
    ['llama.cpp', { meta: { n_ctx_train: 131_072, n_ctx: 8_192 } }, 8_192],
    ['an older llama.cpp', { meta: { n_ctx_train: 131_072 } }, 131_072],
    ['LM Studio', { max_context_length: 65_536, loaded_context_length: 4_096 }, 4_096],
    ['Google', { inputTokenLimit: 1_048_576 }, 1_048_576],
  ])('the context length of %s', async (_, entry, length) => {
    expect(await cardOf(entry)).toMatchObject({ length });
  });

  it.each([0, -1, 1.5, 1e12, 'many', null])('no context length that can be none: %j', async (length) => {
    const { length: shown } = await cardOf({ context_length: length });
    expect(shown).toBe((await cardOf({})).length);
  });

  it.each([
    ['nothing is said', {}, ['completion', 'tools']],
    [
      'Mistral',
      { capabilities: { completion_chat: true, function_calling: false, vision: true } },
      ['completion', 'vision'],
    ],
    [
      'OpenRouter',
      {
        architecture: { input_modalities: ['text', 'image'] },
        supported_parameters: ['tools', 'tool_choice', 'reasoning'],
      },
      ['completion', 'tools', 'vision', 'thinking'],
    ],
    ['LM Studio', { type: 'vlm', capabilities: ['tool_use'] }, ['completion', 'tools', 'vision']],
    ['an embedding model of LM Studio', { type: 'embeddings' }, ['embedding']],
    ['Together', { type: 'embedding' }, ['embedding']],
    [
      'Fireworks',
      { supports_chat: true, supports_image_input: true, supports_tools: true },
      ['completion', 'tools', 'vision'],
    ],
  ])('the capabilities: %s', async (_, entry, capabilities) => {
    const card = await cardOf(entry);
    expect([card.capabilities].flat().sort()).toEqual([...capabilities].sort());
  });

  it.each([
    ['text-embedding-3-small', ['embedding']],
    ['nomic-embed-text:latest', ['embedding']],
    ['BAAI/bge-m3', ['embedding']],
    ['llava:7b', ['completion', 'tools', 'vision']],
    ['deepseek-r1:8b', ['completion', 'thinking', 'tools']],
    ['qwen2.5-coder', ['completion', 'tools']],
  ])('the name of %s, where the server says no more', async (id, capabilities) => {
    const { post } = await startUpstreamWorld({
      config: { models: [] },
      prepare: (upstream) => {
        upstream.models = [id];
      },
    });
    const card: unknown = await (await post('/api/show', { model: id })).json();
    expect([at(card, 'capabilities')].flat().sort()).toEqual(capabilities);
  });

  it('takes images for a model of which nobody says that it sees none', async () => {
    const { upstream, post } = await startUpstreamWorld();
    const url =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }];
    const response = await post('/v1/chat/completions', { model: 'llama3', messages });
    expect(response.status).toBe(200);
    expect(upstream.chats[0]?.body?.['messages']).toEqual(messages);
  });

  it('reads a list without anything around it, and what llama.cpp tells in a second one', async () => {
    const { url } = await startUpstreamWorld({
      config: { models: [] },
      prepare: (upstream) => {
        upstream.list = () => [{ id: 'one', type: 'chat', context_length: 5_000 }];
      },
    });
    expect(at(await (await fetch(`${url}/v1/models`)).json(), 'data', 0, 'id')).toBe('one');
    const more = { models: [{ name: 'the-model', capabilities: ['completion', 'multimodal'] }] };
    expect((await cardOf({ meta: { n_ctx_train: 9_000 } }, more)).capabilities).toContain('vision');
  });
});

describe('where the routes of a server begin', () => {
  it('is found out where the address has no path', async () => {
    const upstream = await startFakeUpstream();
    const url = upstream.base.replace('/v1', '');
    const program = runProgram(['--upstream', url]);
    const line = await program.startLine();
    expect(line).toContain(`${upstream.base} answers | models: llama3`);
    const body = JSON.stringify(chat('?', { stream: false }));
    const answer = await (await fetch(`${urlIn(line)}/api/chat`, { method: 'POST', body })).json();
    expect(answer).toMatchObject({ message: { content: 'hi' } });
  });

  it('is what stands before the path of a request', async () => {
    const upstream = await startFakeUpstream();
    const line = await runProgram(['--upstream', `${upstream.base}/chat/completions`]).startLine();
    expect(line).toContain(`${upstream.base} answers | models: llama3`);
  });
});

describe('a server that is not there', () => {
  it('is said to be so in the start line, on /readyz, in the answer and in the log', async () => {
    const { base, port, close } = await startFakeUpstream();
    await close();
    const program = runProgram(['--upstream', base]);
    const line = await program.startLine();
    expect(line).toContain(
      `${base} does not answer: the upstream cannot be reached (ECONNREFUSED) | models: none yet`,
    );
    const url = urlIn(line);
    const readyz = async () => (await fetch(`${url}/readyz?verbose`)).text();
    expect(await readyz()).toContain('[-]upstream down: the upstream cannot be reached (ECONNREFUSED)\n');
    const body = JSON.stringify(chat('?', { stream: false }));
    const ask = () => fetch(`${url}/api/chat`, { method: 'POST', body });
    const refused = await ask();
    expect([refused.status, await refused.json()]).toEqual([
      503,
      { error: 'the upstream cannot be reached (ECONNREFUSED)' },
    ]);
    expect(refused.headers.get('retry-after')).toBe('5');
    await startFakeUpstream(port);
    await eventually(async () => expect(await readyz()).toContain('[+]upstream up\n'));
    await eventually(async () => expect((await ask()).status).toBe(200));
  });

  it('or refuses a turn of --upstream is one line at warn, with what it said', async () => {
    const upstream = await startFakeUpstream();
    const program = runProgram(['--upstream', upstream.base], { env: { OLLAMA_SERVER_LOG_LEVEL: 'warn' } });
    const url = urlIn(await program.startLine());
    for (const status of [401, 500]) {
      upstream.onChat = (answer) => answer.refuse(status, { error: { message: `words of ${status}` } });
      const body = JSON.stringify(chat('?', { stream: false }));
      await (await fetch(`${url}/api/chat`, { method: 'POST', body })).json();
    }
    program.process.kill('SIGTERM');
    const { stderr, stdout } = await program.ended();
    const logged = `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('a turn has failed'));
    expect(logged).toEqual([
      expect.stringMatching(/"level":40,.*words of 401.*"remedy".*"a turn has failed"/),
      expect.stringMatching(/"level":40,.*words of 500.*"remedy".*"a turn has failed"/),
    ]);
  });

  it.each([
    {
      status: 401,
      cause: 'the upstream answered 401: wrong key',
      told: 'the upstream refused the API key (401)',
    },
    { status: 429, cause: 'wrong key', told: 'wrong key' },
  ])('or lets nobody in is in the log of each turn: $status', async ({ status, cause, told }) => {
    const { lines, log } = keepingLog();
    const { upstream, post } = await startUpstreamWorld({ log });
    upstream.onChat = (answer) => answer.refuse(status, { error: { message: 'wrong key' } });
    for (const _ of [1, 2])
      expect(await (await post('/api/chat', chat('?', { stream: false }))).json()).toEqual({ error: told });
    const failed = lines.filter(({ msg }) => msg === 'a turn has failed at the upstream');
    expect(failed.map((line) => line['cause'])).toEqual([cause, cause]);
  });
});
