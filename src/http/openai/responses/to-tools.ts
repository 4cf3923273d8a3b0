/**
 * Which tools a response offers: flat functions under names that hum can carry, offered and chosen as those of a chat
 * (src/http/openai/README.md, "Response tools").
 */
import { type OfferedTools as ChatOffer, toTools as toChatOffer } from '../to-tools.js';
import type { ChatTool, ToolChoice as ChatToolChoice } from '../tool-schema.js';
import { type DeclaredTool, flatName, type ToolNames } from './tool-names.js';
import type { CallableTool, ResponsesTool, ToolChoice } from './tool-schema.js';

export interface OfferedTools extends ChatOffer {
  readonly names: ToolNames;
}

/**
 * Functions and custom tools, those in namespaces too; what OpenAI would run itself is left out. Where two have the same
 * flat name the first one counts. Throws `bad-request` for a choice that cannot be made.
 */
export function toTools(
  declared: readonly ResponsesTool[],
  choice: ToolChoice | null | undefined,
): OfferedTools {
  const names = new Map<string, DeclaredTool>();
  const tools: ChatTool[] = [];
  for (const { tool, namespace } of declared.flatMap(toCallable)) {
    const flat = flatName(tool.name, namespace);
    if (names.has(flat)) continue;
    names.set(flat, { kind: tool.type, name: tool.name, ...(namespace ? { namespace } : {}) });
    tools.push(toChatTool(tool, flat));
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
    case 'hosted':
      return [];
    default:
      return tool satisfies never;
  }
}

function toChatTool(tool: CallableTool, name: string): ChatTool {
  const { description } = tool;
  if (tool.type === 'function') {
    return { type: 'function', function: { name, description, parameters: tool.parameters } };
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
