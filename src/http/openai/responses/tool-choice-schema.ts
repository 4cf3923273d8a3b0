/** How free the model is to choose among a response's tools (src/http/openai/README.md, "Response requests"). */
import { z } from 'zod';

const named = z.looseObject({ type: z.enum(['function', 'custom']), name: z.string().min(1) });
/** The list may name tools that are not run here; those have a type and perhaps no name. */
const allowedTools = z.looseObject({
  type: z.literal('allowed_tools'),
  mode: z.enum(['auto', 'required']),
  tools: z.array(z.looseObject({ type: z.string(), name: z.string().nullish() })),
});

export const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [named, allowedTools]),
]);

export type ToolChoice = z.output<typeof toolChoice>;
