/** What the tools of a chat and the choice among them must look like (spec/openai.md §1.3, §1.4). */
import { z } from 'zod';

/** Tools and choices in the flat form of the Responses API are read as if they were nested. */
function nested<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (isFlat(value) ? { type: value.type, function: value } : value), schema);
}

function isFlat(value: unknown): value is { type: unknown; name: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    'name' in value &&
    !('function' in value)
  );
}

export const tool = nested(
  z.object({
    type: z.literal('function').nullish(),
    function: z.object({
      name: z.string().min(1),
      description: z.string().nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
    }),
  }),
);

const namedFunction = z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) });
const allowedTools = z.object({
  type: z.literal('allowed_tools'),
  allowed_tools: z.object({ mode: z.enum(['auto', 'required']), tools: z.array(nested(namedFunction)) }),
});

export const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  nested(z.discriminatedUnion('type', [namedFunction, allowedTools])),
]);

export type ChatTool = z.output<typeof tool>;
export type ToolChoice = z.output<typeof toolChoice>;
