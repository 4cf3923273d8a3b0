/**
 * Which tools a request offers, and how free the model is to choose among them
 * (src/http/openai/README.md, "Choice of tools").
 */
import { Fault } from '../../core/fault.js';
import { MUST_CALL, mustCall } from '../../core/instructions.js';
import { withoutNulls } from '../../core/schema-nulls.js';
import { joinParagraphs, type Tool } from '../../core/request.js';
import type { ChatBody } from './chat/schema.js';
import type { ChatTool, CustomTool, ToolChoice } from './tool-schema.js';

export interface OfferedTools {
  readonly tools: readonly Tool[];
  /** OpenAI's `tool_choice`; absent where there are no tools, or the client left it to the model. */
  readonly choice?: unknown;
  /** The choice in words, for workers that do not heed it; absent where the model is free. */
  readonly instruction?: string;
}

type Named = Exclude<ToolChoice, string | { type: 'allowed_tools' }>;

/**
 * `none` offers no tools; a named tool or a list of allowed ones offers only those, since a worker may not heed the choice
 * itself. Throws `bad-request` for a choice that cannot be made.
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
  if (tool_choice === 'auto') return { tools: all, choice: tool_choice };
  if (tool_choice === 'required') return { tools: all, choice: tool_choice, instruction: MUST_CALL };
  switch (tool_choice.type) {
    case 'function':
    case 'custom': {
      const name = nameOf(tool_choice);
      // To the worker every tool is a function.
      const choice = { type: 'function', function: { name } };
      return { tools: only([name], all), choice, instruction: mustCall(name) };
    }
    case 'allowed_tools': {
      const { mode, tools: allowed } = tool_choice.allowed_tools;
      const offered = only(allowed.map(nameOf), all);
      return { tools: offered, choice: mode, ...(mode === 'required' ? { instruction: MUST_CALL } : {}) };
    }
    default:
      return tool_choice satisfies never;
  }
}

/** No `parameters` is a function without any; a schema must be an object for every worker. */
function toTool(tool: ChatTool): Tool {
  if (tool.type === 'custom') return toFunctionOfText(tool.custom);
  const { name, description, parameters, strict } = tool.function;
  return {
    name,
    ...(description != null ? { description } : {}),
    inputSchema: parameters ? withoutNulls(parameters) : { type: 'object', properties: {} },
    ...(strict === true ? { strict } : {}),
  };
}

/** Custom tools take free text. hum knows functions only, so each is offered as a function of one text. */
function toFunctionOfText({ name, description, format }: CustomTool): Tool {
  const grammar = format?.grammar;
  const form = grammar ? `The input follows this ${grammar.syntax} grammar:\n${grammar.definition}` : '';
  const text = joinParagraphs([description, form]);
  return {
    name,
    ...(text !== '' ? { description: text } : {}),
    inputSchema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
  };
}

function nameOf(named: Named): string {
  return named.type === 'custom' ? named.custom.name : named.function.name;
}

function only(names: readonly string[], tools: readonly Tool[]): readonly Tool[] {
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined) {
    const message = `Invalid value for 'tool_choice': the tool '${unknown}' is not in 'tools'.`;
    throw new Fault('bad-request', message, { param: 'tool_choice', reason: 'invalid_value' });
  }
  return tools.filter((tool) => names.includes(tool.name));
}
