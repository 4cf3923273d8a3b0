/** The OpenAPI 3.1 document of a hive: every route of every surface, with the schemas that its requests are parsed with. */
import type { RouteDocs, SurfaceDocs } from '../route-docs.js';
import type { Surface } from '../surface.js';
import { Components } from './components.js';
import type { JsonSchema } from './json-schema.js';
import { toOperation, toTemplate } from './operation.js';

const DESCRIPTION =
  'A bridge between hum and programs that speak the APIs of Ollama, OpenAI and Anthropic. The schemas of requests are those ' +
  'that the bridge parses with; unknown fields are ignored, and some older and looser spellings are read as well. An error ' +
  'after the first byte of a stream is told within the stream.';

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer' },
  basic: { type: 'http', scheme: 'basic', description: 'The key is the password, or the user.' },
  xApiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  apiKey: { type: 'apiKey', in: 'header', name: 'api-key' },
};

/** @param version the bridge's own */
export async function createDocument(surfaces: readonly Surface[], version: string): Promise<JsonSchema> {
  const described = await Promise.all(
    surfaces.map(async (surface) => ({ surface, docs: await surface.docs() })),
  );
  const components = new Components();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const { surface, docs } of described) {
    for (const route of surface.routes) {
      if (route.isAbsent) continue;
      const path = toTemplate(route.path);
      for (const method of route.methods) {
        const operation = toOperation(
          {
            method,
            path: route.path,
            tag: docs.tag,
            docs: findDocs(docs, method, route.path),
            error: docs.error,
          },
          components,
        );
        paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'thrum-bridge',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: described.map(({ docs: { tag, description } }) => ({ name: tag, description })),
    // The empty one: a hive without a key wants none.
    security: [{}, ...Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] }))],
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: components.schemas },
  };
}

/** A test sees to it that no route is without; one that is should not take the others' documentation away. */
function findDocs({ routes }: SurfaceDocs, method: string, path: string): RouteDocs {
  const docs = routes[`${method} ${path}`] ?? (method === 'HEAD' ? routes[`GET ${path}`] : undefined);
  return docs ?? { summary: `${method} ${path}`, answers: {} };
}
