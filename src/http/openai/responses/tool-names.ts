/** Restores a call to the tool that the client declared: hum knows functions only, by one flat name each. */
import type { Event } from '../../../core/event.js';
import { toCalledFunction, toCustomInput } from '../called-tool.js';

export interface DeclaredTool {
  readonly kind: 'function' | 'custom' | 'tool_search';
  readonly name: string;
  readonly namespace?: string;
}

/** What a model calls to have the client look for tools. */
export const TOOL_SEARCH = 'tool_search';

/** Declared tools by the name that hum knows them by. */
export type ToolNames = ReadonlyMap<string, DeclaredTool>;

export interface CalledTool extends DeclaredTool {
  /** JSON text of the arguments, or a custom tool's text. */
  readonly input: string;
}

/** The name that hum knows a tool by; a member of a namespace is `namespace__member`. */
export function flatName(name: string, namespace: string | null | undefined): string {
  return namespace ? `${namespace}__${name}` : name;
}

/** A call as the client declared its tool; one that it did not declare is a function of that name. */
export function toCalledTool(call: Extract<Event, { type: 'tool-call' }>, names: ToolNames): CalledTool {
  const declared = names.get(call.name) ?? { kind: 'function', name: call.name };
  const { arguments: input } = toCalledFunction(call);
  return { ...declared, input: declared.kind === 'custom' ? toCustomInput(input) : input };
}
