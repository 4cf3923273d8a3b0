/**
 * What the tools of a chat and the choice among them must look like (src/http/openai/README.md, "Tools" and "Choice of
 * tools").
 */
import { z } from 'zod';

/** A choice in the flat form of the Responses API is read as if it were nested. */
function nested<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => {
    if (!isObject(value) || !('type' in value) || !('name' in value)) return value;
    const { type } = value;
    if (type === 'custom') return 'custom' in value ? value : { type, custom: value };
    return 'function' in value ? value : { type, function: value };
  }, schema);
}

/** Tools too, and one without a type is a function. */
function typed<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(
    (value) =>
      isObject(value) && !('type' in value && value.type != null) ? { ...value, type: 'function' } : value,
    nested(schema),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a function is called with; also the whole of a legacy one. */
export const declaredFunction = z.object({
  name: z.string().min(1),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

/** Free text, or text that follows a grammar. */
const customFormat = z.object({
  type: z.string(),
  grammar: z.object({ syntax: z.string(), definition: z.string() }).nullish(),
});

export const tool = typed(
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('function'), function: declaredFunction }),
    z.object({
      type: z.literal('custom'),
      custom: z.object({
        name: z.string().min(1),
        description: z.string().nullish(),
        format: customFormat.nullish(),
      }),
    }),
  ]),
);

const namedFunction = z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) });
const namedCustom = z.object({ type: z.literal('custom'), custom: z.object({ name: z.string() }) });
const allowedTools = z.object({
  type: z.literal('allowed_tools'),
  allowed_tools: z.object({
    mode: z.enum(['auto', 'required']),
    tools: z.array(nested(z.discriminatedUnion('type', [namedFunction, namedCustom]))).min(1),
  }),
});

export const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  nested(z.discriminatedUnion('type', [namedFunction, namedCustom, allowedTools])),
]);

/** The legacy form of a choice. */
export const functionChoice = z.union([z.enum(['none', 'auto']), z.object({ name: z.string() })]);

export type ChatTool = z.output<typeof tool>;
export type CustomTool = Extract<ChatTool, { type: 'custom' }>['custom'];
export type DeclaredFunction = z.output<typeof declaredFunction>;
export type ToolChoice = z.output<typeof toolChoice>;
