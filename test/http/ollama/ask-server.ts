/** A client of the scripted server. */

export const JSON_TYPE = 'application/json; charset=utf-8';

/** Posts `body` as it is if it is text, otherwise as JSON; with no content type that says so, as curl does. */
export function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
}

/** The lines of a streamed answer, each parsed. Fails where one is empty, cut off or no JSON. */
export async function linesOf(response: Response): Promise<unknown[]> {
  const lines = (await response.text()).split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  return lines.map((line) => JSON.parse(line));
}
