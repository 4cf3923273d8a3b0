/** `GET /openapi.json`: what all surfaces offer, for programs that read it. */
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import type { Route, Surface } from '../surface.js';
import { JSON_LINE, toCodedError } from './coded-error.js';
import { createDocument } from './document.js';

const OPENAPI_PATH = '/openapi.json';

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
 * @param others the surfaces that it describes, besides this one
 * @param version the bridge's own
 */
export function createOpenApiSurface(others: readonly Surface[], version: string): Surface {
  let document: Promise<WireAnswer> | undefined;
  const self: Surface = {
    name: 'openapi',
    owns: (path) => path === OPENAPI_PATH,
    acceptsUncleanPaths: true,
    routes: [
      {
        methods: ['GET', 'HEAD'],
        path: OPENAPI_PATH,
        handle: async (c) => {
          document ??= createDocument(
            [...others, { ...self, routes: [...self.routes, ...PROBES] }],
            version,
          ).then((value) => WireAnswer.json(value, JSON_LINE));
          return respondWhole(c, await document);
        },
      },
    ],
    docs: async () => (await import('./docs.js')).OPENAPI_DOCS,
    toError: (fault) => toCodedError(fault),
  };
  return self;
}
