/** Which tools a request offers, and how free the model is to choose among them (spec/openai.md §1.4). */
import { Fault } from '../../conversation/fault.js';
import type { Tool } from '../../conversation/request.js';
import type { ChatBody } from './schema.js';
import type { ChatTool } from './tool-schema.js';

export interface OfferedTools {
  readonly tools: readonly Tool[];
  /** OpenAI's `tool_choice`; absent where there are no tools, or the client left it to the model. */
  readonly choice?: unknown;
}

/**
 * `none` offers no tools; a named function or a list of allowed ones offers only those, since a worker may not heed the
 * choice itself. Throws `bad-request` for a choice that cannot be made.
 */
export function toTools({ tools, tool_choice }: Pick<ChatBody, 'tools' | 'tool_choice'>): OfferedTools {
  const all = (tools ?? []).map(toTool);
  if (tool_choice == null) return { tools: all };
  if (tool_choice === 'none') return { tools: [] };
  if (tool_choice === 'auto' && all.length === 0) return { tools: [] };
  if (all.length === 0) {
    const message =
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
    throw new Fault('bad-request', message, { param: 'tool_choice' });
  }
  if (typeof tool_choice === 'string') return { tools: all, choice: tool_choice };
  switch (tool_choice.type) {
    case 'function':
      return { tools: only([tool_choice.function.name], all), choice: tool_choice };
    case 'allowed_tools': {
      const { mode, tools: allowed } = tool_choice.allowed_tools;
      const names = allowed.map((each) => each.function.name);
      return { tools: only(names, all), choice: mode };
    }
    default:
      return tool_choice satisfies never;
  }
}

/** No `parameters` is a function without any; a schema must be an object for every worker. */
function toTool({ function: { name, description, parameters } }: ChatTool): Tool {
  return {
    name,
    ...(description != null ? { description } : {}),
    inputSchema: parameters ?? { type: 'object', properties: {} },
  };
}

function only(names: readonly string[], tools: readonly Tool[]): readonly Tool[] {
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined) {
    const message = `Invalid value for 'tool_choice': the function '${unknown}' is not in 'tools'.`;
    throw new Fault('bad-request', message, { param: 'tool_choice', reason: 'invalid_value' });
  }
  return tools.filter((tool) => names.includes(tool.name));
}
