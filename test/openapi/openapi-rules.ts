/** The rules of OpenAPI 3.1.0 for what our document uses of it, as a JSON Schema; unknown keys are mistakes. */

function object(properties: Readonly<Record<string, unknown>>, required: readonly string[] = []) {
  return { type: 'object', properties, required, additionalProperties: false };
}

function map(keys: string, value: unknown) {
  return { type: 'object', patternProperties: { [keys]: value }, additionalProperties: false };
}

const text = { type: 'string', minLength: 1 };
const schema = { $ref: 'https://json-schema.org/draft/2020-12/schema' };
const content = map('^[\\w.+-]+/[\\w.+-]+$', object({ schema }, ['schema']));

const parameter = {
  oneOf: [
    object({ name: text, in: { const: 'query' }, description: text, schema }, ['name', 'in', 'schema']),
    object({ name: text, in: { const: 'path' }, required: { const: true }, schema }, [
      ...['name', 'in', 'required', 'schema'],
    ]),
  ],
};
const security = { type: 'array', items: map('^[\\w.-]+$', { type: 'array', maxItems: 0 }) };
const response = object({ description: text, content: { ...content, minProperties: 1 } }, ['description']);

const operation = object(
  {
    operationId: text,
    tags: { type: 'array', items: text },
    summary: text,
    parameters: { type: 'array', items: parameter },
    requestBody: object({ required: { type: 'boolean' }, content }, ['content']),
    responses: { ...map('^([1-5]\\d\\d|[1-5]XX|default)$', response), minProperties: 1 },
    security,
  },
  ['operationId', 'tags', 'summary', 'responses'],
);

const METHODS = ['get', 'put', 'post', 'delete', 'head'];

export const OPENAPI_RULES = object(
  {
    openapi: { const: '3.1.0' },
    info: object(
      {
        title: text,
        version: text,
        description: text,
        license: object({ name: text, identifier: text }, ['name']),
      },
      ['title', 'version'],
    ),
    tags: { type: 'array', items: object({ name: text, description: text }, ['name']) },
    security,
    paths: map('^/', object(Object.fromEntries(METHODS.map((method) => [method, operation])))),
    components: object({
      schemas: map('^[\\w.-]+$', schema),
      securitySchemes: map('^[\\w.-]+$', {
        oneOf: [
          object({ type: { const: 'http' }, scheme: text, description: text }, ['type', 'scheme']),
          object({ type: { const: 'apiKey' }, in: { const: 'header' }, name: text }, ['type', 'in', 'name']),
        ],
      }),
    }),
  },
  ['openapi', 'info', 'paths'],
);
