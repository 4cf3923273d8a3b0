/** Which tools the model is offered for a prompt, and what becomes of a call. */
import type { Tone } from '../thrum/link/tone-codec.js';
import { isJsonObject } from '../core/json-object.js';

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** True for a tool of the prompt: its call ends the client's answer. Other tools belong to bees of the mesh. */
  readonly isOfPrompt: boolean;
}

const NO_ARGUMENTS = { type: 'object', properties: {} };

/**
 * The prompt's own tools and then those that bees offer to every prompt, by name; less what the prompt does not allow, and
 * less `ownTools`, which this worker offers to others.
 */
export function toOfferedTools(
  prompt: Tone,
  ownTools: ReadonlySet<string>,
): ReadonlyMap<string, OfferedTool> {
  const allowed = toNames(prompt['allowedTools']);
  const disallowed = toNames(prompt['disallowedTools']);
  const offered = new Map<string, OfferedTool>();
  for (const [list, isOfPrompt] of [
    [prompt['tools'], true],
    [prompt['foragerTools'], false],
  ] as const) {
    for (const entry of Array.isArray(list) ? list : []) {
      const tool = toTool(entry, isOfPrompt);
      if (tool === undefined || offered.has(tool.name) || disallowed?.has(tool.name)) continue;
      if (!isOfPrompt && ownTools.has(tool.name)) continue;
      if (allowed === undefined || allowed.has(tool.name)) offered.set(tool.name, tool);
    }
  }
  return offered;
}

/** The wire spec, hum's workers and older ones each have their name for the schema. */
function toTool(entry: unknown, isOfPrompt: boolean): OfferedTool | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { name, description, inputSchema, input_schema, parameters } = entry;
  if (typeof name !== 'string' || name === '') return undefined;
  const schema = inputSchema ?? input_schema ?? parameters;
  return {
    name,
    description: typeof description === 'string' ? description : '',
    inputSchema: isJsonObject(schema) ? schema : NO_ARGUMENTS,
    isOfPrompt,
  };
}

function toNames(value: unknown): ReadonlySet<unknown> | undefined {
  return Array.isArray(value) ? new Set(value) : undefined;
}
