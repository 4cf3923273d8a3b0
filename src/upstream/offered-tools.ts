/** Which tools the model is offered for a prompt, and what becomes of a call. */
import { isJsonObject, type JsonObject } from '../core/json-object.js';
import type { Tone } from '../thrum/link/tone-codec.js';

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  /** True for a tool of the prompt: its call ends the client's answer. Other tools belong to bees of the mesh. */
  readonly isOfPrompt: boolean;
  /** The tool as its client wrote it, in OpenAI's form. */
  readonly entry?: JsonObject;
}

const NO_ARGUMENTS = { type: 'object', properties: {} };

/**
 * The prompt's own tools and then those that bees offer to every prompt, by name; less what the prompt does not allow, and
 * less `ownTools`, which this worker offers to others.
 * @param listed the prompt's own tools in OpenAI's form, where it has them so
 */
export function toOfferedTools(
  prompt: Tone,
  listed: unknown,
  ownTools: ReadonlySet<string>,
): ReadonlyMap<string, OfferedTool> {
  const allowed = toNames(prompt['allowedTools']);
  const disallowed = toNames(prompt['disallowedTools']);
  const offered = new Map<string, OfferedTool>();
  const own = Array.isArray(listed) ? listed.map(fromEntry) : toList(prompt['tools']).map(toTool);
  const others = toList(prompt['foragerTools']).map(toTool);
  for (const [tools, isOfPrompt] of [
    [own, true],
    [others, false],
  ] as const) {
    for (const tool of tools) {
      if (tool === undefined || offered.has(tool.name) || disallowed?.has(tool.name)) continue;
      if (!isOfPrompt && ownTools.has(tool.name)) continue;
      if (allowed === undefined || allowed.has(tool.name)) offered.set(tool.name, { ...tool, isOfPrompt });
    }
  }
  return offered;
}

/** As it stands in the body of a request. */
export function toToolEntry({ entry, name, description, inputSchema }: OfferedTool): JsonObject {
  if (entry !== undefined) return entry;
  return {
    type: 'function',
    function: { name, ...(description === '' ? {} : { description }), parameters: inputSchema },
  };
}

type Described = Omit<OfferedTool, 'isOfPrompt'>;

function fromEntry(entry: unknown): Described | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { function: called, type } = entry;
  const named = isJsonObject(called)
    ? called
    : typeof type === 'string' && isJsonObject(entry[type])
      ? entry[type]
      : {};
  // A tool of the server's own kind has its kind for a name.
  const name = named['name'] ?? entry['name'] ?? type;
  if (typeof name !== 'string' || name === '') return undefined;
  return { name, description: '', inputSchema: NO_ARGUMENTS, entry };
}

/** The wire spec, hum's workers and older ones each have their name for the schema. */
function toTool(entry: unknown): Described | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { name, description, inputSchema, input_schema, parameters } = entry;
  if (typeof name !== 'string' || name === '') return undefined;
  const schema = inputSchema ?? input_schema ?? parameters;
  return {
    name,
    description: typeof description === 'string' ? description : '',
    inputSchema: isJsonObject(schema) ? schema : NO_ARGUMENTS,
  };
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function toNames(value: unknown): ReadonlySet<unknown> | undefined {
  return Array.isArray(value) ? new Set(value) : undefined;
}
