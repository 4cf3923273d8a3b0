/** From the schemas that requests are parsed with to the JSON Schema in the OpenAPI document. */
import { z } from 'zod';
import { OR_TEXT } from '../route-docs.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** @param io what is sent, or what comes back */
export function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return convert(schema, io);
}

function convert(schema: z.core.$ZodType, io: 'input' | 'output'): JsonSchema {
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
      if (Object.keys(jsonSchema).length === 0) Object.assign(jsonSchema, convert(def.out, io));
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
