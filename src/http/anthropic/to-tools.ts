/** Which tools a request offers, and how free the model is to choose among them. */
import { withoutNulls } from '../../core/schema-nulls.js';
import type { Tool } from '../../core/request.js';
import { invalid } from './error.js';
import type { InputTool, TurnBody } from './schema.js';

export interface OfferedTools {
  readonly tools: readonly Tool[];
  /** In the words of the conversation's other clients; absent where there are no tools, or the model may choose. */
  readonly choice?:
    | 'auto'
    | 'required'
    | { readonly type: 'function'; readonly function: { readonly name: string } };
  /** The choice in words, for workers that do not heed it; absent where the model is free. */
  readonly instruction?: string;
  /** True if one answer may hold one call only. */
  readonly isOneByOne: boolean;
}

const MUST_CALL =
  'You must answer by calling at least one of the tools that you are given. Do not answer in text.';

/**
 * Anthropic's own tools are left out, and a choice that means one of them goes with them. `none` offers no tools; a named
 * tool is offered alone, since a worker may not heed the choice itself. Throws `bad-request` for a choice of nothing.
 */
export function toTools({ tools, tool_choice }: Pick<TurnBody, 'tools' | 'tool_choice'>): OfferedTools {
  const given = tools ?? [];
  const offered = given.flatMap(toTool);
  if (tool_choice == null) return { tools: offered, isOneByOne: false };
  if (tool_choice.type === 'none') return { tools: [], isOneByOne: false };
  if (given.length === 0 && tool_choice.type !== 'auto') {
    throw invalid(['tool_choice'], 'tool_choice may only be specified while providing `tools`');
  }
  const isOneByOne = tool_choice.disable_parallel_tool_use === true;
  if (offered.length === 0) return { tools: [], isOneByOne: false };
  switch (tool_choice.type) {
    case 'auto':
      return { tools: offered, choice: 'auto', isOneByOne };
    case 'any':
      return { tools: offered, choice: 'required', instruction: MUST_CALL, isOneByOne };
    case 'tool': {
      const { name } = tool_choice;
      const named = offered.filter((tool) => tool.name === name);
      if (named.length > 0) {
        const choice = { type: 'function', function: { name } } as const;
        return { tools: named, choice, instruction: mustCall(name), isOneByOne };
      }
      if (given.some((tool) => tool.type === 'server' && tool.name === name))
        return { tools: offered, isOneByOne };
      throw invalid(['tool_choice'], `Tool '${name}' not found in provided tools`);
    }
    default:
      return tool_choice satisfies never;
  }
}

function mustCall(name: string): string {
  return `You must answer by calling the tool ${JSON.stringify(name)}. Do not answer in text.`;
}

/** No schema is a tool without input; a schema must be an object for every worker. */
function toTool(tool: InputTool): readonly Tool[] {
  if (tool.type === 'server') return [];
  const { name, description, input_schema } = tool;
  return [
    {
      name,
      ...(description ? { description } : {}),
      inputSchema: input_schema ? withoutNulls(input_schema) : { type: 'object', properties: {} },
    },
  ];
}
