/** The headers that every answer of OpenAI's API carries (spec/openai.md §5.4). */
import type { ServerResponse } from 'node:http';
import { beforeHeaders } from './server/before-headers.js';
import type { Clock } from './clock.js';

/** The only version that OpenAI's API has ever had. */
const VERSION = '2020-10-01';

/** True under `/v1`, but for Anthropic's routes. */
export function isOpenAIPath(path: string): boolean {
  if (path === '/v1/messages' || path.startsWith('/v1/messages/')) return false;
  return path === '/v1' || path.startsWith('/v1/');
}

/**
 * `openai-version`, and `openai-processing-ms`: whole milliseconds from here until the headers are written. A whole answer
 * and an error are complete by then; a stream has its first event, or has held its headers for as long as it may.
 */
export function setOpenAIHeaders(outgoing: ServerResponse, clock: Clock): void {
  const startedAt = clock.monotonic();
  outgoing.setHeader('openai-version', VERSION);
  beforeHeaders(outgoing, () => {
    outgoing.setHeader('openai-processing-ms', String(Math.round(clock.monotonic() - startedAt)));
  });
}
