/**
 * Which tools a response offers: flat functions under names that hum can carry, offered and chosen as those of a chat
 * (src/http/openai/README.md, "Response tools").
 */
import { Fault } from '../../../core/fault.js';
import { type OfferedTools as ChatOffer, toTools as toChatOffer } from '../to-tools.js';
import type { ChatTool, ToolChoice as ChatToolChoice } from '../tool-schema.js';
import { type DeclaredTool, flatName, TOOL_SEARCH, type ToolNames } from './tool-names.js';
import type { CallableTool, ResponsesTool, ToolChoice, ToolSearch } from './tool-schema.js';

export interface OfferedTools extends ChatOffer {
  readonly names: ToolNames;
}

/**
 * Functions and custom tools, those in namespaces too, and the client's own search for tools; what OpenAI would run itself is left out.
 * Where two have the same flat name the first one counts. Throws `bad-request` for a choice that cannot be made.
 * @param loaded what searches of the client's have found so far
 */
export function toTools(
  declared: readonly ResponsesTool[],
  choice: ToolChoice | null | undefined,
  loaded: readonly ResponsesTool[] = [],
): OfferedTools {
  const names = new Map<string, DeclaredTool>();
  const tools: ChatTool[] = [];
  const search = declared.find(isOfClient);
  if (search !== undefined) {
    names.set(TOOL_SEARCH, { kind: TOOL_SEARCH, name: TOOL_SEARCH });
    tools.push(toSearchFunction(search));
  }
  // Without a search nothing would ever load them.
  const mayDefer = search !== undefined;
  const offered = declared.flatMap(toCallable).filter(({ tool }) => !mayDefer || tool.defer_loading !== true);
  for (const { tool, namespace } of [...offered, ...loaded.flatMap(toCallable)]) {
    const flat = flatName(tool.name, namespace);
    if (names.has(flat)) continue;
    names.set(flat, { kind: tool.type, name: tool.name, ...(namespace ? { namespace } : {}) });
    tools.push(toChatTool(tool, flat));
  }
  if (tools.length === 0 && declared.length > 0 && choice != null && choice !== 'auto' && choice !== 'none') {
    const message =
      "Invalid value for 'tool_choice': none of 'tools' can be called here, where no hosted tool is run.";
    throw new Fault('bad-request', message, { param: 'tool_choice', reason: 'invalid_value' });
  }
  return { ...toChatOffer({ tools, tool_choice: toChatChoice(choice) }), names };
}

function toCallable(tool: ResponsesTool): readonly { tool: CallableTool; namespace?: string }[] {
  switch (tool.type) {
    case 'function':
    case 'custom':
      return [{ tool }];
    case 'namespace':
      return tool.tools.flatMap((member) =>
        member.type === 'hosted' ? [] : [{ tool: member, namespace: tool.name }],
      );
    case 'tool_search':
    case 'hosted':
      return [];
    default:
      return tool satisfies never;
  }
}

function isOfClient(tool: ResponsesTool): tool is ToolSearch {
  return tool.type === 'tool_search' && tool.execution === 'client';
}

const SEARCH_DESCRIPTION = 'Searches for further tools. Those that it finds can be called from then on.';
const SEARCH_PARAMETERS = {
  type: 'object',
  properties: { query: { type: 'string', description: 'What the tools are to do.' } },
  required: ['query'],
};

function toSearchFunction({ description, parameters }: ToolSearch): ChatTool {
  return {
    type: 'function',
    function: {
      name: TOOL_SEARCH,
      description: description ?? SEARCH_DESCRIPTION,
      parameters: parameters ?? SEARCH_PARAMETERS,
    },
  };
}

function toChatTool(tool: CallableTool, name: string): ChatTool {
  const { description } = tool;
  if (tool.type === 'function') {
    const { parameters, strict } = tool;
    return { type: 'function', function: { name, description, parameters, strict } };
  }
  const { type = 'text', syntax, definition } = tool.format ?? {};
  const grammar = definition ? { syntax: syntax ?? 'formal', definition } : undefined;
  return { type: 'custom', custom: { name, description, format: { type, grammar } } };
}

function toChatChoice(choice: ToolChoice | null | undefined): ChatToolChoice | null | undefined {
  if (choice == null || typeof choice === 'string') return choice;
  switch (choice.type) {
    case 'function':
    case 'custom':
      return { type: 'function', function: { name: choice.name } };
    case 'allowed_tools': {
      const callable = choice.tools.filter(({ type }) => type === 'function' || type === 'custom');
      const tools = callable.map(({ name }) => ({
        type: 'function' as const,
        function: { name: name ?? '' },
      }));
      return { type: 'allowed_tools', allowed_tools: { mode: choice.mode, tools } };
    }
    default:
      return choice satisfies never;
  }
}
