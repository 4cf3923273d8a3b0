/** The names that clients give their conversations by themselves, on a worker that remembers: only the news goes out. */
import { describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.js';

type Json = Readonly<Record<string, unknown>>;

const UUID = 'c31ac7cf-56a7-4c0a-b363-2b726377687d';
const model = 'claude-sonnet-4';
const said = (role: string, content: string): Json => ({ role, content });
const TURNS = [[said('user', 'one')], [said('user', 'one'), said('assistant', 'one'), said('user', 'two')]];

const CLIENTS = [
  { client: 'Claude Code', path: '/v1/messages', headers: { 'X-Claude-Code-Session-Id': UUID } },
  {
    client: 'an older Claude Code',
    path: '/v1/messages',
    body: { metadata: { user_id: `user_abc_account__session_${UUID}` } },
  },
  { client: 'opencode', path: '/v1/chat/completions', headers: { 'x-session-affinity': UUID } },
  { client: 'Codex', path: '/v1/responses', headers: { 'session-id': UUID, 'thread-id': UUID } },
  { client: 'an older Codex', path: '/v1/responses', headers: { session_id: UUID } },
  { client: 'a client of the Responses API', path: '/v1/responses', body: { prompt_cache_key: UUID } },
  { client: 'Open WebUI', path: '/api/chat', headers: { 'X-OpenWebUI-Chat-Id': UUID } },
  { client: 'Open WebUI', path: '/v1/chat/completions', headers: { 'X-OpenWebUI-Chat-Id': UUID } },
  { client: 'a client of LiteLLM', path: '/v1/chat/completions', body: { metadata: { session_id: UUID } } },
] as const satisfies readonly {
  readonly client: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
}[];

function ask(world: World, path: string, messages: readonly Json[], extra: Json): Promise<Response> {
  const conversation = path === '/v1/responses' ? { input: messages, store: false } : { messages };
  const body = { model, max_tokens: 100, stream: false, ...conversation, ...Object(extra['body']) };
  return fetch(world.url + path, {
    method: 'POST',
    headers: Object(extra['headers'] ?? {}),
    body: JSON.stringify(body),
  });
}

describe.each(CLIENTS)('the name that $client gives on $path', ({ path, ...extra }) => {
  it('lets the conversation go on', async () => {
    const world = await startWorld({ statefulness: 'stateful_session' });
    for (const messages of TURNS) expect((await ask(world, path, messages, extra)).status).toBe(200);
    const prompts = world.sentOf('prompt');
    expect(prompts.map((tone) => tone['content'])).toEqual(['one', 'two']);
    expect(new Set(prompts.map(({ sid }) => sid)).size).toBe(1);
  });
});

describe('the id of a response', () => {
  const respond = async (world: World, body: Json): Promise<string> => {
    const response = await world.post('/v1/responses', { model, ...body });
    expect(response.status).toBe(200);
    return Object(await response.json()).id;
  };

  it('names the conversation for the next one from the first on, whatever the worker may do', async () => {
    const env = { OLLAMA_SERVER_WORKER_TOOLS: 'all' };
    const world = await startWorld({ statefulness: 'stateful_session', env });
    const one = await respond(world, { input: 'one' });
    const two = await respond(world, { input: 'two', previous_response_id: one });
    await respond(world, { input: 'three', previous_response_id: two });
    expect(world.sentOf('prompt').map((tone) => tone['content'])).toEqual(['one', 'two', 'three']);
    expect(new Set(world.sentOf('prompt').map(({ sid }) => sid)).size).toBe(1);
  });

  it('leaves the conversation to a next one that sends all of it, too', async () => {
    const world = await startWorld({ statefulness: 'stateful_session' });
    const input = [said('user', 'one')];
    await respond(world, { input });
    await respond(world, { input: [...input, said('assistant', 'one'), said('user', 'two')] });
    expect(world.sentOf('prompt').map((tone) => tone['content'])).toEqual(['one', 'two']);
  });

  it('finds it beside another name', async () => {
    const world = await startWorld({ statefulness: 'stateful_session' });
    const one = await respond(world, { input: 'one', prompt_cache_key: 'k' });
    await respond(world, { input: 'two', previous_response_id: one });
    expect(world.sentOf('prompt').map((tone) => tone['content'])).toEqual(['one', 'two']);
  });
});

describe('people who share a key', () => {
  it.each<[string, Json, Json]>([
    ['user', { body: { user: 'ann' } }, { body: { user: 'bob' } }],
    ['safety_identifier', { body: { safety_identifier: 'ann' } }, { body: { safety_identifier: 'bob' } }],
    [
      'X-OpenWebUI-User-Id',
      { headers: { 'X-OpenWebUI-User-Id': 'ann' } },
      { headers: { 'X-OpenWebUI-User-Id': 'bob' } },
    ],
  ])('never go on with the conversation of another one, which %s tells apart', async (_, ann, bob) => {
    const world = await startWorld({ statefulness: 'stateful_session' });
    const [first = [], second = []] = TURNS;
    await ask(world, '/v1/chat/completions', first, ann);
    await ask(world, '/v1/chat/completions', second, bob);
    await ask(world, '/v1/chat/completions', second, ann);
    const prompts = world.sentOf('prompt');
    expect(prompts[1]?.['content']).toContain('<turn role="assistant">\none\n</turn>');
    expect(prompts[2]?.['content']).toBe('two');
    expect(prompts[2]?.sid).toBe(prompts[0]?.sid);
  });
});
