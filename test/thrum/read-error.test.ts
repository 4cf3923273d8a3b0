import { describe, expect, it } from 'vitest';
import { readError } from '../../src/thrum/turn/read-error.js';
import { API_ERRORS, NO_DETAIL } from '../claude-bee/api-errors.js';

const NOW = new Date('2026-07-01T10:00:00Z').getTime();
const HOUR = 3_600;
const SEVEN_DAYS = 7 * 24 * HOUR;

function read(message: unknown, fields: Readonly<Record<string, unknown>> = {}, isClaude = true) {
  const tone = { chi: 'error', sid: 's', code: 'worker_error', message, ...fields };
  return readError(tone, { model: 'asked', isClaude, now: NOW, zone: 'Europe/Berlin' });
}

const json = (type: string, message: string) =>
  JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' });

describe('what the CLI says', () => {
  it.each([
    [API_ERRORS.usageLimit, 3 * HOUR],
    ["You've hit your session limit · resets 12:30pm", HOUR / 2],
    ["You've hit your weekly limit · resets Jul 3, 12pm (Europe/Berlin)", 48 * HOUR],
    ["You've hit your weekly limit · resets Jul 30, 12pm (Europe/Berlin)", SEVEN_DAYS],
    ["You've hit your Opus limit · resets 1pm", HOUR],
    ["You've reached your Fable 5 limit", 60],
    ['Claude AI usage limit reached|1782903600', HOUR],
    ['Claude usage limit reached. Your limit will reset at 1pm (Europe/Berlin).', HOUR],
    ["You're out of extra usage · resets 1pm", HOUR],
    ['5-hour limit reached ∙ resets 1pm', HOUR],
    ["You've hit your limit · resets 12pm", 5],
    [
      `API Error: 400 ${json('invalid_request_error', 'You have reached your specified API usage limits. You will regain access on 2026-07-01 at 11:00 UTC.')}`,
      HOUR,
    ],
    [`API Error: 429 ${json('rate_limit_error', "You've hit your limit · resets 1pm")}`, HOUR],
  ])('a limit: %s', (message, retryAfterSeconds) => {
    expect(read(message)).toMatchObject({ code: 'limit-reached', retryAfterSeconds, afterPrompt: false });
    expect(message).toContain(read(message).message);
  });

  it.each([
    [API_ERRORS.rateLimited, "This request would exceed your account's rate limit."],
    [
      'API Error: Request rejected (429) · this may be a temporary capacity issue',
      'this may be a temporary capacity issue',
    ],
    ['API Error: 429', 'API Error: 429'],
  ])('too many requests: %s', (message, words) => {
    expect(read(message)).toMatchObject({ code: 'limit-reached', retryAfterSeconds: 30, message: words });
  });

  it.each([
    [API_ERRORS.overloaded, 'Overloaded'],
    [`API Error: 503 ${json('api_error', 'Unavailable')}`, 'Unavailable'],
    ['API Error: Repeated 529 Overloaded errors', 'API Error: Repeated 529 Overloaded errors'],
    ['API Error: 529 Overloaded. This is a server-side issue', 'Overloaded. This is a server-side issue'],
    [
      'API Error: Server is temporarily limiting requests (not your usage limit) · Rate limited',
      'API Error: Server is temporarily limiting requests (not your usage limit) · Rate limited',
    ],
  ])('an overload: %s', (message, words) => {
    expect(read(message)).toMatchObject({ code: 'overloaded', retryAfterSeconds: 10, message: words });
  });

  it.each([
    API_ERRORS.notLoggedIn,
    'Invalid API key · Please run /login',
    'Invalid API key · Fix external API key',
    'OAuth token revoked · Please run /login',
    'Your account does not have access to Claude Code. Please run /login.',
    'Your organization has disabled Claude subscription access for Claude Code',
    `API Error: 401 ${json('authentication_error', 'Invalid authentication credentials')} · Please run /login`,
    `Please run /login · API Error: 403 ${json('forbidden', 'Request not allowed')}`,
    `Failed to authenticate. API Error: 401 ${json('authentication_error', 'x')}`,
    `API Error: 400 ${json('invalid_request_error', 'This organization has been disabled.')}`,
  ])('no access, in our words with the remedy: %s', (message) => {
    const fault = read(message);
    expect(fault).toMatchObject({ code: 'no-access', retryAfterSeconds: 60 });
    expect(fault.message).toMatch(/^the worker has no access to its model: .*\/login.*ANTHROPIC_API_KEY$/);
    expect(fault.cause).toMatchObject({ message: expect.any(String) });
  });

  it.each([
    API_ERRORS.notFound,
    "There's an issue with the selected model (x). It may not exist or you may not have access to it.",
  ])('an unknown model: %s', (message) => {
    expect(read(message)).toMatchObject({ code: 'model-not-found', param: 'asked' });
  });

  it('a conversation that is too long, with the numbers', () => {
    expect(read(API_ERRORS.promptTooLong)).toMatchObject({
      code: 'context-too-long',
      message: expect.stringContaining(
        'maximum context length is 200000 tokens. However, your messages resulted in 208310',
      ),
      excess: { tokens: 208_310, limit: 200_000 },
    });
  });

  it.each([
    'Prompt is too long',
    'Context limit reached · /compact or /clear to continue',
    `API Error: 400 ${json('invalid_request_error', 'input length and `max_tokens` exceed context limit: 199999 + 21333 > 200000, decrease input length')}`,
  ])('a conversation that is too long: %s', (message) => {
    expect(read(message)).toMatchObject({ code: 'context-too-long', excess: undefined });
  });

  it.each([
    [API_ERRORS.namesNotUnique, 'bad-request', 'tools: Tool names must be unique.'],
    [
      'API Error: 400 due to tool use concurrency issues.',
      'bad-request',
      'due to tool use concurrency issues.',
    ],
    [
      `API Error: 413 ${json('request_too_large', 'Request exceeds the maximum size')}`,
      'body-too-large',
      'Request exceeds the maximum size',
    ],
    ['Request too large (max 32MB)', 'body-too-large', 'Request too large (max 32MB)'],
    ['Credit balance is too low', 'payment-required', 'Credit balance is too low'],
    [
      `API Error: 400 ${json('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.')}`,
      'payment-required',
      'Your credit balance is too low to access the Anthropic API.',
    ],
  ])('a request that will not do: %s', (message, code, words) => {
    expect(read(message)).toMatchObject({ code, message: words });
  });

  it.each([
    NO_DETAIL,
    'something else',
    `API Error: 500 ${json('api_error', 'Internal server error')}`,
    'API Error: 502 Bad gateway',
    'API Error: Request timed out.',
    `API Error: 400x ${'y'.repeat(5_000)}`,
  ])('what is not known stays as it is: %s', (message) => {
    expect(read(message)).toMatchObject({ code: 'worker-error', message });
  });
});

describe('what other workers say', () => {
  it.each([...Object.values(API_ERRORS), 'Credit balance is too low'])('stays as it is: %s', (message) => {
    expect(read(message, {}, false)).toMatchObject({ code: 'worker-error', message });
  });

  it.each([true, false])('and humd, has codes of their own (claude: %s)', (isClaude) => {
    expect(read('over', { code: 'budget' }, isClaude)).toMatchObject({
      code: 'budget-refused',
      message: 'over',
    });
    expect(read('pay', { code: '402' }, isClaude)).toMatchObject({
      code: 'payment-required',
      message: 'pay',
    });
    expect(read("no worker bee advertises model 'x'", {}, isClaude)).toMatchObject({
      code: 'model-not-found',
    });
    expect(read(7, {}, isClaude)).toMatchObject({ message: 'the worker failed without saying why' });
  });
});
