/** The OpenAPI 3.1 document of a hive: every route of every surface, with the schemas that its requests are parsed with. */
import type { Content, RouteDocs, SurfaceDocs } from '../route-docs.js';
import type { Surface } from '../surface.js';
import { Components, type JsonSchema } from './components.js';

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

export interface DescribedRoute {
  readonly method: string;
  /** As the surface has it: `/v1/responses/:id`. */
  readonly path: string;
  readonly tag: string;
  readonly docs: RouteDocs;
  readonly error: Content;
}

/** A parameter of Hono's, with the expression that it may have. */
const PARAMETER = /:(\w+)(?:\{[^}]*\})?/g;

/** `/v1/models/:id{.+}` as OpenAPI writes it: `/v1/models/{id}`. */
function toTemplate(path: string): string {
  return path.replace(PARAMETER, '{$1}');
}

function toOperation({ method, path, tag, docs, error }: DescribedRoute, components: Components): JsonSchema {
  const parameters = [...pathParameters(path), ...queryParameters(docs.query ?? {})];
  return {
    operationId: `${method.toLowerCase()}${toTemplate(path).replace(/\W+/g, '_')}`.replace(/_$/, ''),
    tags: [tag],
    summary: docs.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(docs.body
      ? {
          requestBody: {
            required: true,
            content: components.content({ 'application/json': docs.body }, 'input'),
          },
        }
      : {}),
    responses: toResponses(method, docs, error, components),
    ...(docs.isOpen ? { security: [] } : {}),
  };
}

/** HEAD is answered as GET is, without a body. */
function toResponses(
  method: string,
  { answers }: RouteDocs,
  error: Content,
  components: Components,
): JsonSchema {
  const hasBody = method !== 'HEAD';
  const response = (description: string, content: Content) => ({
    description,
    ...(hasBody && Object.keys(content).length > 0 ? { content: components.content(content, 'output') } : {}),
  });
  return {
    ...Object.fromEntries(
      Object.entries(answers).map(([status, content]) => [status, response('The answer.', content)]),
    ),
    '4XX': response('The request is refused, and why.', error),
    '5XX': response('The bridge, hum or the worker failed, or does not offer this, and why.', error),
  };
}

function pathParameters(path: string): readonly JsonSchema[] {
  return [...path.matchAll(PARAMETER)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: Readonly<Record<string, string>>): readonly JsonSchema[] {
  return Object.entries(query).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  }));
}
