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
