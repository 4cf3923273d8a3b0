/** The schemas of an OpenAPI document, each once and under its name. */
import type { Content, Shape } from '../route-docs.js';
import { type JsonSchema, toJsonSchema } from './json-schema.js';

type Direction = 'input' | 'output';

export class Components {
  readonly #shapes = new Map<string, Shape>();
  readonly #schemas = new Map<string, JsonSchema>();

  /** By name, in the order in which they were first referred to. */
  get schemas(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries(this.#schemas);
  }

  /** Throws if another shape has its name: a mistake of ours. */
  refer(shape: Shape, direction: Direction): JsonSchema {
    const known = this.#shapes.get(shape.name);
    if (known !== undefined && known.schema !== shape.schema) throw new Error(`${shape.name} is two things`);
    if (known === undefined) {
      this.#shapes.set(shape.name, shape);
      this.#schemas.set(shape.name, describe(shape, direction));
    }
    return { $ref: `#/components/schemas/${shape.name}` };
  }

  /** The bodies of a request or an answer, by media type. */
  content(content: Content, direction: Direction): JsonSchema {
    return Object.fromEntries(
      Object.entries(content).map(([mediaType, shape]) => [
        mediaType,
        { schema: shape === 'text' ? { type: 'string' } : this.refer(shape, direction) },
      ]),
    );
  }
}

function describe({ schema, required = [], requiresOneOf = [] }: Shape, direction: Direction): JsonSchema {
  const json = toJsonSchema(schema, direction);
  const own = Array.isArray(json['required']) ? json['required'] : [];
  return {
    ...json,
    ...(required.length > 0 ? { required: [...new Set([...own, ...required])] } : {}),
    ...(requiresOneOf.length > 0 ? { anyOf: requiresOneOf.map((name) => ({ required: [name] })) } : {}),
  };
}
