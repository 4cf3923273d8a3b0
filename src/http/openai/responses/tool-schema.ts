/**
 * What the tools of a response must look like: flat, and of more kinds than a chat's
 * (src/http/openai/README.md, "Response tools").
 */
import { z } from 'zod';
import { anyTypeBut } from '../../route-docs.js';

/** True for a tool that is offered once a search of the client's has loaded it. */
const deferLoading = z.boolean().nullish();

const functionTool = z.looseObject({
  type: z.literal('function'),
  name: z.string().min(1),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
  defer_loading: deferLoading,
});
const customTool = z.looseObject({
  type: z.literal('custom'),
  name: z.string().min(1),
  description: z.string().nullish(),
  format: z
    .looseObject({ type: z.string(), syntax: z.string().nullish(), definition: z.string().nullish() })
    .nullish(),
  defer_loading: deferLoading,
});
/** Has the client look for tools that are not loaded yet; without `execution: "client"` OpenAI would. */
const toolSearch = z.looseObject({
  type: z.literal('tool_search'),
  execution: z.string().nullish(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});
/** A tool that OpenAI runs itself (web_search, …) or a kind that is still to come: kept to be echoed. */
function hostedBut(kinds: readonly string[]) {
  return z
    .looseObject({ type: z.literal('hosted'), tool: z.looseObject({ type: z.string() }) })
    .meta(anyTypeBut(kinds));
}

const MEMBERS = ['function', 'custom'];
const KINDS = [...MEMBERS, 'namespace', 'tool_search'];

const member = z.preprocess(
  withKind(MEMBERS),
  z.discriminatedUnion('type', [functionTool, customTool, hostedBut(MEMBERS)]),
);
const namespaceTool = z.looseObject({
  type: z.literal('namespace'),
  name: z.string().min(1),
  description: z.string().nullish(),
  tools: z.array(member),
});

export const tool = z.preprocess(
  withKind(KINDS),
  z.discriminatedUnion('type', [functionTool, customTool, namespaceTool, toolSearch, hostedBut(KINDS)]),
);

export type ResponsesTool = z.output<typeof tool>;
export type ToolSearch = z.output<typeof toolSearch>;
export type CallableTool = z.output<typeof functionTool> | z.output<typeof customTool>;

/** Wraps tools of other kinds as `hosted`, and reads the nested form of a chat as if it were flat. */
function withKind(kinds: readonly string[]) {
  return (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || !('type' in value)) return value;
    const { type } = value;
    if (type === 'function' && 'function' in value && !('name' in value)) {
      return { type, ...Object(value.function) };
    }
    return typeof type !== 'string' || kinds.includes(type) ? value : { type: 'hosted', tool: value };
  };
}

const named = z.looseObject({ type: z.enum(['function', 'custom']), name: z.string().min(1) });
/** The list may name tools that are not run here; those have a type and perhaps no name. */
const allowedTools = z.looseObject({
  type: z.literal('allowed_tools'),
  mode: z.enum(['auto', 'required']),
  tools: z.array(z.looseObject({ type: z.string(), name: z.string().nullish() })),
});

/** How free the model is to choose among the tools (src/http/openai/README.md, "Response requests"). */
export const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [named, allowedTools]),
]);

export type ToolChoice = z.output<typeof toolChoice>;
