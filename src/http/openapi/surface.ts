/** `GET /openapi.json`: what all surfaces offer, for programs that read it. */
import type { Fault } from '../../core/fault.js';
import { faultHeaders, statusOf } from '../answer/fault-status.js';
import { respondWhole } from '../answer/respond.js';
import type { Route, Surface, WireAnswer } from '../surface.js';
import { createDocument } from './document.js';

export const OPENAPI_PATH = '/openapi.json';

/** These are the app's own, mounted before every surface. */
const PROBES: readonly Route[] = ['/healthz', '/readyz'].map((path) => ({
  methods: ['GET', 'HEAD'],
  path,
  handle: () => {
    throw new Error(`${path} is the app's own`);
  },
}));

/**
 * The document is made at the first request and kept.
 * @param others the surfaces that it tells of, besides this one
 * @param version the bridge's own
 */
export function createOpenApiSurface(others: readonly Surface[], version: string): Surface {
  let document: Promise<string> | undefined;
  const self: Surface = {
    name: 'openapi',
    owns: (path) => path === OPENAPI_PATH,
    acceptsTrailingSlash: true,
    routes: [
      {
        methods: ['GET', 'HEAD'],
        path: OPENAPI_PATH,
        handle: async (c) => {
          document ??= createDocument(
            [...others, { ...self, routes: [...self.routes, ...PROBES] }],
            version,
          ).then((value) => `${JSON.stringify(value)}\n`);
          return respondWhole(c, toAnswer(await document));
        },
      },
    ],
    docs: async () => (await import('./docs.js')).OPENAPI_DOCS,
    toError: (fault) => toError(fault),
  };
  return self;
}

function toAnswer(body: string, status = 200): WireAnswer {
  return { status, contentType: 'application/json; charset=utf-8', body };
}

function toError(fault: Fault): WireAnswer {
  const { code, message } = fault;
  const answer = toAnswer(`${JSON.stringify({ error: { code, message } })}\n`, statusOf(code));
  return { ...answer, headers: faultHeaders(fault) };
}
