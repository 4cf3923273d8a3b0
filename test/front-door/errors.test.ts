/** Errors of a model's API, as hum's claude worker tells them, on every surface. */
import { describe, expect, test } from 'vitest';
import { API_ERRORS } from '../claude-bee/api-errors.js';
import { claude, type StepInput } from '../claude-bee/script.js';
import { type ClaudeWorld, learnMeshName, startClaudeWorld } from '../claude-bee/world.js';
import { type Answer, type AskSurface, ASKS, toAnswer } from './ask-surfaces.js';
import { startScriptedWorker } from './scripted-worker.js';
import { LOOP_SURFACES } from './turn-surfaces.js';
import { startWorld } from './world.js';

const MODEL = 'claude-haiku-4-5';
const HOUR = 3_600;

async function ask(
  { post }: Pick<ClaudeWorld, 'post'>,
  surface: AskSurface,
  stream: boolean,
  ...steps: readonly StepInput[]
): Promise<Answer> {
  return toAnswer(await post(surface.path, surface.body(MODEL, claude(...steps), stream)));
}

/** `{status, error, retryAfter}` of an answer that is an error. */
function errorOf({ status, headers, values: [json = {}] }: Answer, surface: AskSurface) {
  return {
    status,
    text: surface.errorText(json),
    error: json['error'],
    retryAfter: headers.get('retry-after'),
    shouldRetry: headers.get('x-should-retry'),
  };
}

/** How an hour of a limit stands in the CLI's words: so many hours from now, in UTC. */
function inHours(hours: number): string {
  const hour = new Date(Date.now() + hours * HOUR * 1_000).getUTCHours();
  return `${hour % 12 || 12}${hour < 12 ? 'am' : 'pm'} (UTC)`;
}

describe.each(ASKS)('an error of the API on $how', ({ surface, stream }) => {
  const isOpenAI = surface.path.startsWith('/v1/') && surface.name !== 'messages';
  const isMessages = surface.name === 'messages';

  test('a limit is a 429 with the time until the hour that it names, and may be tried again', async () => {
    const world = await startClaudeWorld();
    const words = `You've hit your limit · resets ${inHours(3)}`;
    const answer = errorOf(await ask(world, surface, stream, { error: words }), surface);
    expect(answer).toMatchObject({ status: 429, text: words, shouldRetry: null });
    expect(Number(answer.retryAfter)).toBeGreaterThan(2 * HOUR - 60);
    expect(Number(answer.retryAfter)).toBeLessThanOrEqual(3 * HOUR);
    if (isOpenAI) expect(answer.error).toMatchObject({ code: 'rate_limit_exceeded' });
    if (isMessages) expect(answer.error).toMatchObject({ type: 'rate_limit_error' });
  });

  test('too many requests are a 429', async () => {
    const world = await startClaudeWorld();
    const answer = errorOf(await ask(world, surface, stream, { error: API_ERRORS.rateLimited }), surface);
    expect(answer).toMatchObject({ status: 429, retryAfter: '30', shouldRetry: null });
    expect(answer.text).toBe("This request would exceed your account's rate limit.");
  });

  test('an overload is a 503, or the 529 of Anthropic, and may be tried again', async () => {
    const world = await startClaudeWorld();
    const answer = errorOf(await ask(world, surface, stream, { error: API_ERRORS.overloaded }), surface);
    expect(answer).toMatchObject({ status: isMessages ? 529 : 503, retryAfter: '10', shouldRetry: null });
    expect(answer.text).toBe('Overloaded');
    if (isMessages) expect(answer.error).toMatchObject({ type: 'overloaded_error' });
  });

  test('a worker that is not logged in is a 503 with the remedy', async () => {
    const world = await startClaudeWorld();
    const answer = errorOf(await ask(world, surface, stream, { error: API_ERRORS.notLoggedIn }), surface);
    expect(answer).toMatchObject({ status: 503, retryAfter: '60', shouldRetry: null });
    expect(answer.text).toContain('not logged in');
    expect(answer.text).toContain('type /login');
  });

  test('refused credentials are the operator’s to put right, not the client’s', async () => {
    const world = await startClaudeWorld();
    const error = 'API Error: 401 {"type":"error","error":{"type":"authentication_error","message":"sk-x"}}';
    const answer = errorOf(await ask(world, surface, stream, { error }), surface);
    expect(answer).toMatchObject({ status: 503 });
    expect(answer.text).toContain('refuses its credentials (401)');
    expect(answer.text).not.toContain('sk-x');
  });

  test('a model that the API does not know is a 404', async () => {
    const world = await startClaudeWorld();
    const answer = errorOf(await ask(world, surface, stream, { error: API_ERRORS.notFound }), surface);
    expect(answer).toMatchObject({ status: 404 });
    expect(answer.text).toContain(MODEL);
    if (isOpenAI) expect(answer.error).toMatchObject({ code: 'model_not_found' });
    if (isMessages) expect(answer.error).toMatchObject({ type: 'not_found_error' });
  });

  test('what the API refuses is a 400 in its words', async () => {
    const world = await startClaudeWorld();
    const answer = errorOf(await ask(world, surface, stream, { error: API_ERRORS.namesNotUnique }), surface);
    expect(answer).toMatchObject({
      status: 400,
      text: 'tools: Tool names must be unique.',
      retryAfter: null,
    });
    if (isOpenAI || isMessages) expect(answer.error).toMatchObject({ type: 'invalid_request_error' });
  });

  test('a conversation that is too long is told in the surface’s words', async () => {
    const world = await startClaudeWorld();
    const answer = errorOf(await ask(world, surface, stream, { error: API_ERRORS.promptTooLong }), surface);
    expect(answer).toMatchObject({ status: 400 });
    if (isMessages) expect(answer.text).toBe('prompt is too long: 208310 tokens > 200000 maximum');
    else expect(answer.text).toContain('maximum context length is 200000 tokens');
    if (isOpenAI) expect(answer.error).toMatchObject({ code: 'context_length_exceeded' });
    if (surface.name === 'ollama')
      expect(answer.text).toMatch(/^the prompt is longer than the context length currently available/);
  });

  test('an error that is not known stays a 502 in its words', async () => {
    const world = await startClaudeWorld();
    const answer = errorOf(await ask(world, surface, stream, { error: 'something new' }), surface);
    expect(answer).toMatchObject({ status: 502, text: 'something new', shouldRetry: 'false' });
  });

  test('a process that leaves is an error, also with code 0', async () => {
    const world = await startClaudeWorld();
    const answer = errorOf(await ask(world, surface, stream, { exit: 0 }), surface);
    expect(answer).toMatchObject({ status: 502, shouldRetry: 'false' });
    expect(answer.text).toContain('exit code 0');
  });

  test('a process that leaves after some text is an error, never a complete answer', async () => {
    const world = await startClaudeWorld();
    const answer = await ask(world, surface, stream, { text: 'half of it' }, { exit: 0 });
    if (!stream) {
      expect(errorOf(answer, surface)).toMatchObject({ status: 502, shouldRetry: 'false' });
      return;
    }
    expect(answer.status).toBe(200);
    expect(surface.text(answer)).toBe('half of it');
    expect(surface.errorText(answer.values.at(-1) ?? {})).toContain('left without a result');
    expect(answer.body).not.toContain('[DONE]');
  });

  test('an error after some text is told in the stream, and forbids another try', async () => {
    const world = await startClaudeWorld();
    const answer = await ask(
      world,
      surface,
      stream,
      { text: 'half of it' },
      { error: API_ERRORS.overloaded },
    );
    if (stream) {
      expect(surface.errorText(answer.values.at(-1) ?? {})).toBe('Overloaded');
      expect(surface.text(answer)).toBe('half of it');
      return;
    }
    expect(errorOf(answer, surface)).toMatchObject({ status: isMessages ? 529 : 503, shouldRetry: 'false' });
  });

  test('of another worker’s finish an exit code is an error only where nothing was said', async () => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const pending = world.post(surface.path, surface.body('scripted', 'hi', stream));
    const turn = await worker.turn(0);
    turn.text('all of it');
    turn.finish({ exitCode: 0 });
    const answer = await toAnswer(await pending);
    expect(answer.status).toBe(200);
    expect(surface.text(answer)).toBe('all of it');
    const silent = world.post(surface.path, surface.body('scripted', 'hi', stream));
    (await worker.turn(1)).finish({ exitCode: 3 });
    expect((await silent).status).toBe(502);
  });
});

describe.each(LOOP_SURFACES)('an error of the API for a request with tools, on $name', (surface) => {
  test.each([true, false])('is told as any other, streamed: %s', async (stream) => {
    const { post } = await startClaudeWorld({
      bee: { models: ['scripted'], apiError: API_ERRORS.notLoggedIn },
    });
    const answer = await post(surface.path, surface.ask('hi', stream));
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('not logged in');
  });

  test('may be tried again where it comes behind a result', async () => {
    const world = await startClaudeWorld({ bee: { models: ['scripted'] } });
    const name = await learnMeshName(world, surface.path, (text) => surface.ask(text, false));
    const question = surface.ask(claude({ tool: { name } }, { error: API_ERRORS.overloaded }), false);
    const call = await (await world.post(surface.path, question)).json();
    const answer = await world.post(surface.path, surface.bring(question, call, 'seen'));
    expect(answer.status).toBe(surface.name === 'messages' ? 529 : 503);
    expect(answer.headers.get('retry-after')).toBe('10');
  });
});

describe('several answers to one request', () => {
  const body = (...steps: readonly StepInput[]) => ({
    model: MODEL,
    n: 2,
    messages: [{ role: 'user', content: claude(...steps) }],
  });

  test('may be asked for again where the API ran none of them', async () => {
    const { post } = await startClaudeWorld();
    const answer = await post('/v1/chat/completions', body({ error: API_ERRORS.overloaded }));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('10');
    expect(answer.headers.get('x-should-retry')).toBeNull();
  });

  test('are not to be asked for again once one has begun', async () => {
    const { post } = await startClaudeWorld();
    const answer = await post('/v1/chat/completions', body({ text: 'a' }, { error: API_ERRORS.overloaded }));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('x-should-retry')).toBe('false');
  });
});
