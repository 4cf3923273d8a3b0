/** What tools and the choice among them must look like. */
import { z } from 'zod';
import { anyTypeBut } from '../route-docs.js';

const clientTool = z
  .object({
    type: z.literal('custom'),
    name: z.string().min(1),
    description: z.string().nullish(),
    input_schema: z.record(z.string(), z.unknown()).nullish(),
  })
  .meta({ required: ['name'] });

/** A tool of Anthropic's own (`web_search_20250305`, `bash_20250124`), which no worker of hum knows. */
const serverTool = z
  .object({ type: z.literal('server'), name: z.unknown().optional() })
  .meta(anyTypeBut(['custom']));

/** A tool without a type is the client's. */
function nameKind(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const type = 'type' in value ? value.type : undefined;
  return { ...value, type: type == null || type === 'custom' ? 'custom' : 'server' };
}

export const tool = z.preprocess(nameKind, z.discriminatedUnion('type', [clientTool, serverTool]));

const disable_parallel_tool_use = z.boolean().nullish();

export const toolChoice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auto'), disable_parallel_tool_use }),
  z.object({ type: z.literal('any'), disable_parallel_tool_use }),
  z.object({ type: z.literal('tool'), name: z.string(), disable_parallel_tool_use }),
  z.object({ type: z.literal('none') }),
]);

export type InputTool = z.output<typeof tool>;
