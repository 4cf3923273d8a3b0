/**
 * Tells browsers that an allowed page may read our answers. The headers go straight on the outgoing response, before
 * anything is answered: set through Hono they would be missing from streams, or break them (test/bench/README.md, "A trap").
 */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** What pages may read besides the body. Named one by one, because `*` does not count with credentials. */
const EXPOSED = [
  'x-request-id',
  'request-id',
  'x-should-retry',
  'x-hum-cache',
  'x-hum-model',
  'x-hum-tools',
  'x-hum-ignored',
  'x-hum-unfit-calls',
  'retry-after',
  'retry-after-ms',
  'openai-model',
  'openai-organization',
  'openai-processing-ms',
  'openai-version',
  ...['limit', 'remaining', 'reset'].flatMap((what) => [
    `x-ratelimit-${what}-requests`,
    `x-ratelimit-${what}-tokens`,
    `anthropic-ratelimit-requests-${what}`,
  ]),
].join(', ');

const METHODS = 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS';
/** Twelve hours, as Ollama. */
const MAX_AGE_SECONDS = 43_200;

/** A list of header names. */
const NAMES = /^[\w!#$%&'*+.^`|~, \t-]+$/;

/** @param allowed an origin, or `*` */
export function setCorsHeaders(outgoing: ServerResponse, allowed: string): void {
  outgoing.setHeader('access-control-allow-origin', allowed);
  if (allowed !== '*') outgoing.setHeader('vary', 'Origin');
  outgoing.setHeader('access-control-expose-headers', EXPOSED);
}

/**
 * What a page may send. Whatever headers it asks for it gets: a fixed list breaks every SDK that adds one
 * (src/http/README.md, "Browsers").
 */
export function setPreflightHeaders(outgoing: ServerResponse, requested: IncomingHttpHeaders): void {
  outgoing.setHeader('access-control-allow-methods', METHODS);
  outgoing.setHeader('access-control-max-age', String(MAX_AGE_SECONDS));
  const names = requested['access-control-request-headers'];
  if (names !== undefined && NAMES.test(names)) outgoing.setHeader('access-control-allow-headers', names);
  if (requested['access-control-request-private-network'] === 'true')
    outgoing.setHeader('access-control-allow-private-network', 'true');
}
