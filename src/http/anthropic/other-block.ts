/** Blocks that have no place of their own in a conversation: what can be read in them becomes text. */
import { RAN_TOOL_ID } from './message.js';
import type { Part } from '../../core/request.js';

type Json = Readonly<Record<string, unknown>>;

/** What the model thought, and what was between the client and another server: nothing that a later turn is about. */
const WITHOUT_CONTENT: ReadonlySet<unknown> = new Set([
  'thinking',
  'redacted_thinking',
  'fallback',
  'tool_addition',
  'tool_removal',
  'mcp_tool_listing',
]);

/** Keys under which nothing stands that a model could read. */
const UNREADABLE = new Set([
  ...['type', 'id', 'tool_use_id', 'cache_control', 'caller', 'citations', 'signature', 'data'],
  ...['encrypted_content', 'encrypted_index', 'encrypted_stdout', 'tool_changes'],
]);
/** Keys whose text stands by itself; the others are named. */
const PLAIN = new Set(['text', 'content']);
/** What a browser did meanwhile, of which the types tell the most: a download that began, ended or failed. */
const CHANGES = 'state_changes';

/**
 * What a block holds: search results, what a server's tool was asked and gave, the contents of a container, a summary. Its type stands
 * in front; blocks within it that have a place of their own (text, images, documents) follow as what they are. Undefined where there
 * is nothing to read in a block of a kind that should have something.
 * @param toParts what is made of such a block
 */
export function readOther(
  block: Json,
  toParts: (block: Json) => readonly Part[],
): readonly Part[] | undefined {
  if (WITHOUT_CONTENT.has(block['type']) || isOwn(block)) return [];
  const attachments: Part[] = [];
  const lines = linesOf(block, toParts, attachments);
  if (lines === '' && attachments.length === 0 && block['content'] == null) return undefined;
  const text = [`[${String(block['type'])}]`, lines || (attachments.length === 0 ? '(empty)' : '')]
    .filter((line) => line !== '')
    .join('\n');
  return [{ type: 'text', text }, ...attachments];
}

/** What this bridge has told of a tool of the worker's: the worker knows of it, and a history that goes on has nothing of it. */
function isOwn({ type, id, tool_use_id: useId }: Json): boolean {
  const named = type === 'mcp_tool_use' ? id : type === 'mcp_tool_result' ? useId : undefined;
  return typeof named === 'string' && named.startsWith(RAN_TOOL_ID);
}

function linesOf(value: Json, toParts: (block: Json) => readonly Part[], attachments: Part[]): string {
  const lines: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    if (UNREADABLE.has(key) || field == null || field === '') continue;
    const text = key === CHANGES ? JSON.stringify(field) : textOf(field, toParts, attachments);
    if (text === '') continue;
    const isLong = text.includes('\n');
    lines.push(PLAIN.has(key) || isBlock(field) ? text : `${key}:${isLong ? '\n' : ' '}${text}`);
  }
  return lines.join('\n');
}

function textOf(value: unknown, toParts: (block: Json) => readonly Part[], attachments: Part[]): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const texts = value.map((item) => textOf(item, toParts, attachments)).filter((text) => text !== '');
    return texts.join(value.every((item) => typeof item === 'string') ? '\n' : '\n\n');
  }
  if (!isJson(value)) return String(value);
  // What a tool was asked is no block.
  if (!isBlock(value)) return JSON.stringify(value);
  const { type } = value;
  if (type !== 'text' && type !== 'image' && type !== 'document') return linesOf(value, toParts, attachments);
  const parts = toParts(value);
  attachments.push(...parts.filter((part) => part.type !== 'text'));
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');
}

function isBlock(value: unknown): boolean {
  return isJson(value) && typeof value['type'] === 'string';
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
