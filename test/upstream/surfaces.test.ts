/** What a server answers, as clients of every surface see it, streamed and whole. */
import { describe, expect, test } from 'vitest';
import { type Answer, ASKS, type AskSurface, at, toAnswer } from '../front-door/ask-surfaces.js';
import type { ChatAnswer } from './fake-upstream.js';
import { startUpstreamWorld, type UpstreamWorld } from './upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

const KEY = 'sk-secret-1234';

interface ErrorCase {
  readonly name: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is. */
  readonly body: unknown;
  /** What clients are told. */
  readonly told: {
    readonly status: number;
    readonly text: string;
    /** OpenAI's code. */
    readonly code?: string | null;
    /** Anthropic's type. */
    readonly type: string;
    readonly retryAfter?: string | null;
  };
}

const OPENAI_CONTEXT =
  "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.";

const ERRORS: readonly ErrorCase[] = [
  {
    name: 'a mistake of the request',
    status: 400,
    body: {
      error: { message: 'bad image', type: 'invalid_request_error', param: 'messages', code: 'bad_image' },
    },
    told: { status: 400, text: 'bad image', code: 'bad_image', type: 'invalid_request_error' },
  },
  {
    name: 'a context that is too long',
    status: 400,
    body: {
      error: { message: OPENAI_CONTEXT, type: 'invalid_request_error', code: 'context_length_exceeded' },
    },
    told: { status: 400, text: '', code: 'context_length_exceeded', type: 'invalid_request_error' },
  },
  {
    name: 'an unknown model, as vLLM has it',
    status: 404,
    body: {
      object: 'error',
      message: 'The model `llama3` does not exist.',
      type: 'NotFoundError',
      param: null,
      code: 404,
    },
    told: {
      status: 404,
      text: 'The model `llama3` does not exist.',
      code: 'model_not_found',
      type: 'not_found_error',
    },
  },
  {
    name: 'a body that is too large, as a page',
    status: 413,
    body: '<html><head><title>413 Request Entity Too Large</title></head><body><h1>413 Request Entity Too Large</h1></body></html>',
    told: { status: 413, text: '413 Request Entity Too Large', code: null, type: 'request_too_large' },
  },
  {
    name: 'a field that is wrong, as FastAPI has it',
    status: 422,
    body: {
      detail: [{ type: 'too_short', loc: ['body', 'messages'], msg: 'List should have at least 1 item' }],
    },
    told: { status: 422, text: 'List should have at least 1 item', type: 'invalid_request_error' },
  },
  {
    name: 'a limit with a time',
    status: 429,
    headers: { 'retry-after': '20' },
    body: { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } },
    told: {
      status: 429,
      text: 'Rate limit reached',
      code: 'rate_limit_exceeded',
      type: 'rate_limit_error',
      retryAfter: '20',
    },
  },
  {
    name: 'a limit with a time in its text',
    status: 429,
    body: { error: { message: 'Limit reached. Please try again in 1m7.66s.', code: 'rate_limit_exceeded' } },
    told: {
      status: 429,
      text: 'Limit reached.',
      code: 'rate_limit_exceeded',
      type: 'rate_limit_error',
      retryAfter: '68',
    },
  },
  {
    name: 'a limit as Google has it',
    status: 429,
    body: [
      {
        error: {
          code: 429,
          message: 'You exceeded your current quota.',
          status: 'RESOURCE_EXHAUSTED',
          details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' }],
        },
      },
    ],
    told: {
      status: 429,
      text: 'You exceeded your current quota.',
      type: 'rate_limit_error',
      retryAfter: '34',
    },
  },
  {
    name: 'a server with too much to do, in plain text',
    status: 503,
    headers: { 'retry-after': '7' },
    body: 'no slot available',
    told: {
      status: 503,
      text: 'no slot available',
      code: 'service_unavailable',
      type: 'overloaded_error',
      retryAfter: '7',
    },
  },
];

async function ask(
  { post }: UpstreamWorld,
  surface: AskSurface,
  stream: boolean,
  fields: Json = {},
): Promise<Answer> {
  return toAnswer(await post(surface.path, surface.body('llama3', 'Hello?', stream, fields)));
}

function refuse({ response }: ChatAnswer, { status, headers = {}, body }: ErrorCase): void {
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
    ...headers,
  });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A whole answer, whatever the client wants. */
function whole({ response }: ChatAnswer, message: Json, reason = 'stop', fields: Json = {}): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ id: 'c1', choices: [{ index: 0, message, finish_reason: reason }], ...fields }),
  );
}

/** The text of an answer of the model's thoughts, on the surfaces that show them. */
function thoughtOf(surface: AskSurface, { isStream, values }: Answer): string | undefined {
  switch (surface.name) {
    case 'ollama':
      return values.map((value) => at(value, 'message', 'thinking') ?? '').join('');
    case 'chat completions':
      return values
        .map((value) => at(value, 'choices', 0, isStream ? 'delta' : 'message', 'reasoning_content') ?? '')
        .join('');
    default:
      return undefined;
  }
}

const TOOLS: Readonly<Record<string, Json>> = {
  responses: { tools: [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }] },
  messages: { tools: [{ name: 'look', input_schema: { type: 'object', properties: {} } }] },
};
const FUNCTION = {
  type: 'function',
  function: { name: 'look', parameters: { type: 'object', properties: {} } },
};

function withTools({ name }: AskSurface): Json {
  return TOOLS[name] ?? { tools: [FUNCTION] };
}

/** The arguments of the calls in an answer, as texts. */
function callsOf(body: string): number {
  return body.match(/"name":\s*"look"/g)?.length ?? 0;
}

describe.each(ASKS)('an answer of the server on $how', ({ surface, stream }) => {
  const isOpenAI = surface.path.startsWith('/v1/') && surface.name !== 'messages';
  const isMessages = surface.name === 'messages';
  const hasTools = surface.name !== 'completions';

  test.each(ERRORS)('is an error that stays what it is: $name', async (error) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => refuse(answer, error);
    const { told } = error;
    const { status, headers, values, isStream } = await ask(world, surface, stream);
    const [json = {}] = values;
    expect([status, isStream]).toEqual([isMessages && told.status === 503 ? 529 : told.status, false]);
    // Ollama's clients go by its own words for this one.
    const isUnknownModel = told.status === 404 && surface.name === 'ollama';
    expect(surface.errorText(json)).toContain(isUnknownModel ? "model 'llama3' not found" : told.text);
    if (told.retryAfter !== undefined) expect(headers.get('retry-after')).toBe(told.retryAfter);
    if (isOpenAI && told.code !== undefined) expect(at(json, 'error', 'code')).toBe(told.code);
    if (isMessages) expect(at(json, 'error', 'type')).toBe(told.type);
    // No client is told to come at once, and nothing is asked twice.
    expect(world.upstream.chats).toHaveLength(1);
  });

  test('tells how much too long a conversation is, where agents look for it', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => answer.refuse(400, { error: { message: OPENAI_CONTEXT } });
    const [json = {}] = (await ask(world, surface, stream)).values;
    expect(surface.errorText(json)).toContain(
      isMessages ? 'prompt is too long: 9001 tokens > 8192 maximum' : OPENAI_CONTEXT,
    );
  });

  test.each([401, 403])('is the operator’s where the server answers %i', async (status) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) =>
      answer.refuse(status, { error: { message: `Incorrect API key provided: ${KEY.slice(0, 9)}*` } });
    const answer = await ask(world, surface, stream);
    const [json = {}] = answer.values;
    expect([answer.status, surface.errorText(json)]).toEqual([
      503,
      `the upstream refused the API key (${status})`,
    ]);
    expect(answer.headers.get('retry-after')).toBe('60');
  });

  test('is a 503 with the reason where no server is there', async () => {
    const world = await startUpstreamWorld();
    await world.upstream.close();
    const answer = await ask(world, surface, stream);
    expect([answer.status, surface.errorText(answer.values[0] ?? {})]).toEqual([
      503,
      'the upstream cannot be reached (ECONNREFUSED)',
    ]);
  });

  test('is read whole and as a list of parts with thoughts', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) =>
      whole(answer, {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Let me see.' }] },
          { type: 'text', text: 'Fine.' },
        ],
      });
    const answer = await ask(world, surface, stream);
    expect(surface.text(answer)).toBe('Fine.');
    const thought = thoughtOf(surface, answer);
    if (thought !== undefined) expect(thought).toBe('Let me see.');
  });

  test('has its thoughts in tags, in pieces', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => {
      for (const content of ['<th', 'ink>\nLet me', ' see.\n</thi', 'nk>\n', '\nFine <think>.'])
        answer.delta({ content });
      answer.finish('stop');
    };
    const answer = await ask(world, surface, stream);
    expect(surface.text(answer)).toBe('Fine <think>.');
    const thought = thoughtOf(surface, answer);
    if (thought !== undefined) expect(thought).toBe('Let me see.');
  });

  test('begins within its thoughts, where the worker is told of such a server', async () => {
    const world = await startUpstreamWorld({ bee: { thinkTags: 'open' } });
    world.upstream.onChat = (answer) => {
      for (const content of ['Let me', ' see.\n</thi', 'nk>\n', '\nFine </think>.'])
        answer.delta({ content });
      answer.finish('stop');
    };
    const answer = await ask(world, surface, stream);
    expect(surface.text(answer)).toBe('Fine </think>.');
    const thought = thoughtOf(surface, answer);
    if (thought !== undefined) expect(thought).toBe('Let me see.');
  });

  test('keeps a closing tag that nothing has opened', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => answer.delta({ content: 'Write </think> there.' }).finish('stop');
    expect(surface.text(await ask(world, surface, stream))).toBe('Write </think> there.');
  });

  test('breaks off with an error of its own in the stream', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => {
      answer.delta({ content: 'half' }).chunk({ error: { message: 'the GPU is gone', code: 500 } });
      answer.response.end();
    };
    expect((await ask(world, surface, stream)).body).toContain('the upstream failed: the GPU is gone');
  });

  test('has the token counts of the server, those of caches and thoughts too', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) =>
      answer.delta({ content: 'Fine.' }).finish('stop', {
        prompt_tokens: 4_329,
        completion_tokens: 40,
        prompt_tokens_details: { cached_tokens: 4_000 },
        completion_tokens_details: { reasoning_tokens: 30 },
      });
    const usage = surface.usage(await ask(world, surface, stream));
    if (surface.name === 'ollama') expect(usage).toMatchObject({ prompt_eval_count: 4_329, eval_count: 40 });
    else if (surface.name === 'responses')
      expect(usage).toMatchObject({
        input_tokens: 4_329,
        input_tokens_details: { cached_tokens: 4_000 },
        output_tokens: 40,
        output_tokens_details: { reasoning_tokens: 30 },
      });
    else if (isMessages)
      expect(usage).toMatchObject({ input_tokens: 329, cache_read_input_tokens: 4_000, output_tokens: 40 });
    else
      expect(usage).toMatchObject({
        prompt_tokens: 4_329,
        prompt_tokens_details: { cached_tokens: 4_000 },
        completion_tokens: 40,
        completion_tokens_details: { reasoning_tokens: 30 },
      });
  });

  test.runIf(hasTools)('has the token counts of a turn that ends on a call', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) =>
      answer
        .delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'look', arguments: '{}' } }] })
        .finish('tool_calls', { prompt_tokens: 4_384, completion_tokens: 55 });
    const usage = surface.usage(await ask(world, surface, stream, withTools(surface)));
    expect(Object.values(usage)).toEqual(expect.arrayContaining([4_384, 55]));
  });

  test.runIf(hasTools).each(['', null, '{}'])('calls without arguments: %j', async (input) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) =>
      answer
        .delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'look', arguments: input } }] })
        .finish('tool_calls');
    const { status, body } = await ask(world, surface, stream, withTools(surface));
    expect([status, callsOf(body) > 0]).toEqual([200, true]);
    expect(body).toMatch(isMessages ? /"input":\{\}|"partial_json":"\{\}"/ : /"arguments":(?:"\{\}"|\{\})/);
    expect(body).not.toContain('"arguments":null');
  });

  test.runIf(hasTools)('is cut within a call, which is not given out', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) =>
      answer
        .delta({
          tool_calls: [{ index: 0, id: 'c', function: { name: 'look', arguments: '{"path":"/etc/pa' } }],
        })
        .finish('length');
    const answer = await ask(world, surface, stream, withTools(surface));
    expect(answer.body).not.toContain('/etc/pa');
    expect(answer.body).not.toContain('function_call');
    expect(['length', 'max_output_tokens', 'max_tokens']).toContain(surface.reason(answer));
  });

  test.runIf(hasTools).each([
    { tokens: 50, isCut: true },
    { tokens: 49, isCut: false },
  ])(
    'is cut within a call by its limit, whatever the server says: $tokens of 50',
    async ({ tokens, isCut }) => {
      const world = await startUpstreamWorld();
      const input = isCut ? '{"path":"/etc/pa' : '{"path":"/etc/passwd"}';
      world.upstream.onChat = (answer) =>
        answer
          .delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'look', arguments: input } }] })
          .finish('tool_calls', { prompt_tokens: 9, completion_tokens: tokens });
      const limit = { ollama: 'options', responses: 'max_output_tokens' }[surface.name] ?? 'max_tokens';
      const value = limit === 'options' ? { num_predict: 50 } : 50;
      const answer = await ask(world, surface, stream, { ...withTools(surface), [limit]: value });
      expect(answer.body.includes('/etc/pa')).toBe(!isCut);
      const ended = ['length', 'max_output_tokens', 'max_tokens'].includes(String(surface.reason(answer)));
      expect(ended).toBe(isCut);
    },
  );
});
