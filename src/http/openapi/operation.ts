/** One method of one path in the OpenAPI document. */
import type { Content, RouteDocs } from '../route-docs.js';
import type { Components } from './components.js';
import type { JsonSchema } from './json-schema.js';

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
export function toTemplate(path: string): string {
  return path.replace(PARAMETER, '{$1}');
}

export function toOperation(
  { method, path, tag, docs, error }: DescribedRoute,
  components: Components,
): JsonSchema {
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
