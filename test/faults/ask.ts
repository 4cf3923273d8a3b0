/** Requests of the fault tests. */

/** Sends one user message to a route; both chat routes take this body. */
export function ask(
  url: string,
  content: string,
  { path = '/api/chat', ...fields }: Readonly<Record<string, unknown>> & { readonly path?: string } = {},
): Promise<Response> {
  const body = { model: 'claude-sonnet-4', messages: [{ role: 'user', content }], stream: false, ...fields };
  return fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
}

/** The text of an error in the words of either surface. */
export function errorOf(body: unknown): string {
  const { error }: { error?: unknown } = Object(body);
  return String(Object(error)['message'] ?? error);
}

/** Status, `retry-after` and `x-should-retry`. */
export function verdictOf({ status, headers }: Response): readonly unknown[] {
  return [status, headers.get('retry-after'), headers.get('x-should-retry')];
}
