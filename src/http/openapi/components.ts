/** The schemas of an OpenAPI document, each once and under its name, made of the schemas that requests are parsed with. */
import { z } from 'zod';
import { type Content, OR_TEXT, type Shape } from '../route-docs.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

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

/** @param io what is sent, or what comes back */
export function toJsonSchema(schema: z.core.$ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // All keys of JSON objects are strings.
      delete jsonSchema.propertyNames;
      if (jsonSchema[OR_TEXT] === true) allowText(jsonSchema);
      // What takes anything only to look at it first is described by what it hands it on to.
      const { def } = zodSchema._zod;
      if (def.type !== 'pipe' || !isUnknown(def.in) || isTransform(def.out)) return;
      if (Object.keys(jsonSchema).length === 0) Object.assign(jsonSchema, toJsonSchema(def.out, io));
    },
  });
  return json;
}

function allowText(json: z.core.JSONSchema.BaseSchema): void {
  const { [OR_TEXT]: _, ...list } = json;
  for (const key of Object.keys(json)) delete json[key];
  json.anyOf = [{ type: 'string' }, list];
}

function isUnknown(schema: z.core.$ZodType): boolean {
  return schema._zod.def.type === 'unknown';
}

function isTransform(schema: z.core.$ZodType): boolean {
  return schema._zod.def.type === 'transform';
}
