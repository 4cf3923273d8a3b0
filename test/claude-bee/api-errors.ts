/** What the CLI says when the model's API refuses, word for word: the `message` of the `error` tone. */

export const API_ERRORS = {
  notLoggedIn: 'Not logged in · Please run /login',
  usageLimit: "You've hit your limit · resets 3pm (Europe/Berlin)",
  rateLimited: toApiError(429, 'rate_limit_error', "This request would exceed your account's rate limit."),
  overloaded: toApiError(529, 'overloaded_error', 'Overloaded'),
  notFound: toApiError(404, 'not_found_error', 'model: claude-nope-1'),
  promptTooLong: toApiError(
    400,
    'invalid_request_error',
    'prompt is too long: 208310 tokens > 200000 maximum',
  ),
  namesNotUnique: toApiError(400, 'invalid_request_error', 'tools: Tool names must be unique.'),
} as const;

/** What hum's worker says of an error that comes without a word. */
export const NO_DETAIL = 'claude returned an error result with no detail (check auth / model / credit)';

function toApiError(status: number, type: string, message: string): string {
  return `API Error: ${status} ${JSON.stringify({ type: 'error', error: { type, message } })}`;
}
