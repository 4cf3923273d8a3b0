/** Which tools a request offers, and how free the model is to choose among them. */
import { withoutNulls } from '../../core/schema-nulls.js';
import type { Fault } from '../../core/fault.js';
import { MUST_CALL, mustCall } from '../../core/instructions.js';
import type { Tool } from '../../core/request.js';
import { invalid } from './error.js';
import type { InputMessage } from './message-schema.js';
import type { InputTool, TurnBody } from './schema.js';
import { isToolset, toMemberTool, type ToolsetMember } from './toolsets.js';
import { toTypedTool } from './typed-tools.js';

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

/**
 * Tools that Anthropic's servers run are left out; those of its own that the client runs are functions with their published schemas. What
 * is to be loaded later is hidden until something in the conversation names it. `none` offers no tools; a named tool is offered alone,
 * since a worker may not heed the choice itself. Throws `bad-request` for a choice of nothing, and of what nobody runs here.
 * @param members of the toolsets among the tools; a toolset is chosen by its family
 */
export function toTools(
  { tools, tool_choice }: Pick<TurnBody, 'tools' | 'tool_choice'>,
  messages: readonly InputMessage[],
  members: readonly ToolsetMember[],
): OfferedTools {
  const given = tools ?? [];
  const hides = canSearch(given, members);
  const named = hides ? namedTools(messages) : NO_NAMES;
  const chosen = tool_choice?.type === 'tool' ? tool_choice.name : undefined;
  const families = hides ? namedFamilies(members, named) : NO_NAMES;
  const offered = [
    ...given
      .filter(
        ({ name, defer_loading }) => !hides || defer_loading !== true || name === chosen || named.has(name),
      )
      .flatMap(toTool),
    ...members
      .filter((member) => !hides || !member.isDeferred || isOf(member, chosen) || families.has(member.family))
      .map(toMemberTool),
  ];
  if (tool_choice == null) return { tools: offered, isOneByOne: false };
  if (tool_choice.type === 'none') return { tools: [], isOneByOne: false };
  if (given.length === 0 && tool_choice.type !== 'auto') {
    throw invalid(['tool_choice'], 'tool_choice may only be specified while providing `tools`');
  }
  const isOneByOne = tool_choice.disable_parallel_tool_use === true;
  switch (tool_choice.type) {
    case 'auto':
      return offered.length === 0
        ? { tools: [], isOneByOne: false }
        : { tools: offered, choice: 'auto', isOneByOne };
    case 'any':
      if (offered.length === 0) throw notRun(given);
      return { tools: offered, choice: 'required', instruction: MUST_CALL, isOneByOne };
    case 'tool': {
      const { name } = tool_choice;
      const alone = offered.filter((tool) => tool.name === name);
      if (alone.length > 0) {
        const choice = { type: 'function', function: { name } } as const;
        return { tools: alone, choice, instruction: mustCall(name), isOneByOne };
      }
      const ofToolsets = members.filter((member) => isOf(member, name)).map(toMemberTool);
      if (ofToolsets.length > 0) {
        return { tools: ofToolsets, choice: 'required', instruction: MUST_CALL, isOneByOne };
      }
      const ofServers = given.filter((tool) => tool.type === 'typed' && tool.name === name);
      if (ofServers.length > 0) throw notRun(ofServers);
      throw invalid(['tool_choice'], `Tool '${name}' not found in provided tools`);
    }
    default:
      return tool_choice satisfies never;
  }
}

/** A choice that leaves only tools of Anthropic's servers: an answer without them would be taken for their results. */
function notRun(tools: readonly InputTool[]): Fault {
  const ofServers = tools.filter((tool) => !isToolset(tool));
  if (ofServers.length === 0) {
    return invalid(
      ['tool_choice'],
      'no member of the toolsets in `tools` is enabled, so that none can be chosen',
    );
  }
  const names = ofServers
    .map((tool) => `'${String(tool.name ?? ('kind' in tool ? tool.kind : ''))}'`)
    .join(', ');
  return invalid(
    ['tool_choice'],
    `${names} would have to be run by Anthropic's servers, and nothing runs it here; only tools that the client runs can be chosen`,
  );
}

/** What Anthropic's servers search tools with: `tool_search_tool_regex_20251119`, `tool_search_tool_bm25`. */
const SERVER_SEARCH = 'tool_search_tool_';

/**
 * True where deferred tools can be found: by a tool of the client's, whichever it is. Where the search is Anthropic's, which nobody runs
 * here, or nothing but deferred tools can be called, they are offered from the beginning: hidden, they would stay so.
 */
function canSearch(tools: readonly InputTool[], members: readonly ToolsetMember[]): boolean {
  const isDeferred = tools.some(({ defer_loading }) => defer_loading === true);
  if (!isDeferred && !members.some((member) => member.isDeferred)) return false;
  if (tools.some((tool) => tool.type === 'typed' && String(tool.kind).startsWith(SERVER_SEARCH)))
    return false;
  if (members.some((member) => !member.isDeferred)) return true;
  return tools.some((tool) => tool.defer_loading !== true && toTool(tool).length > 0);
}

/** True where `chosen` is the family of a member, or the member's own name, which another family may have as well. */
function isOf({ family, name }: ToolsetMember, chosen: string | undefined): boolean {
  return chosen === family || chosen === name;
}

/** A toolset is loaded as a whole, by its family's name or that of a member. */
function namedFamilies(members: readonly ToolsetMember[], named: ReadonlySet<unknown>): ReadonlySet<unknown> {
  const found = members.filter(({ family, offered }) => named.has(family) || named.has(offered));
  return new Set(found.map(({ family }) => family));
}

const NO_NAMES: ReadonlySet<unknown> = new Set();

/** The tools that a search has found, and those that were called before. */
function namedTools(messages: readonly InputMessage[]): ReadonlySet<unknown> {
  const names = new Set<unknown>();
  for (const { content } of messages) {
    for (const block of content) {
      if (block.type === 'tool_use') names.add(block.toolset_name ?? block.name);
      else addReferences(block, names);
    }
  }
  return names;
}

function addReferences(value: unknown, names: Set<unknown>): void {
  if (typeof value !== 'object' || value === null) return;
  if (isReference(value)) names.add('tool_name' in value ? value.tool_name : value.name);
  for (const inner of Object.values(value)) addReferences(inner, names);
}

function isReference(value: object): value is { tool_name?: unknown; name?: unknown } {
  return 'type' in value && value.type === 'tool_reference';
}

/** No schema is a tool without input; a schema must be an object for every worker. */
function toTool(tool: InputTool): readonly Tool[] {
  const strict: Pick<Tool, 'strict'> = tool.strict === true ? { strict: true } : {};
  if (tool.type === 'typed')
    return toTypedTool(tool.kind, tool.name).map((known) => ({ ...known, ...strict }));
  const { name, description, input_schema } = tool;
  return [
    {
      name,
      ...(description ? { description } : {}),
      inputSchema: withoutNulls(input_schema ?? { type: 'object', properties: {} }),
      ...strict,
    },
  ];
}
