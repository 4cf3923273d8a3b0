/**
 * Items of tools that OpenAI runs itself (searches, shells, images, MCP servers) and of kinds that are still to come, for a model that
 * has no such tools: what can be read in them reaches it (src/http/openai/README.md, "Input items").
 */
import { isJsonObject, type JsonObject } from '../../../core/json-object.js';
import { leftOut, type Part, type TextPart, type ToolCall } from '../../../core/request.js';
import { type ImageLimits, orLeftOut } from '../../body/request-limits.js';
import { toImagePart } from '../attachments.js';

/** Keys of an item that are not what was asked of the tool. */
const ENVELOPE_KEYS = new Set(['type', 'id', 'call_id', 'status']);
/** Keys under which nothing stands that a model could read. */
const UNREADABLE = new Set(['encrypted_content', 'container_id', 'annotations']);

/** Nothing that was said: the tools of a server, and what Codex notes for itself. */
const WITHOUT_CONTENT: ReadonlySet<unknown> = new Set(['mcp_list_tools', 'ghost_snapshot']);

/** As this bridge makes them; OpenAI's are longer. */
const OWN_ID = /^mcp_[0-9a-f]{32}$/;

export type HostedStep =
  | { readonly type: 'call'; readonly call: ToolCall & { readonly id: string } }
  | { readonly type: 'result'; readonly callId: string; readonly output: readonly Part[] }
  | { readonly type: 'words'; readonly role: 'user' | 'assistant'; readonly text: TextPart };

/** Where an item stands. */
interface Place {
  /** In the request: `input[0]`. */
  readonly param: string;
  /** True where nothing but such items follows. */
  readonly isLast: boolean;
  readonly limits: ImageLimits;
}

/**
 * Items with a `call_id` are calls, and outputs that belong to them. All others were between the client and another server: what was
 * asked there and came of it is said in words. Undefined for what says nothing, or nothing follows on.
 */
export function toHostedStep(item: JsonObject, { param, isLast, limits }: Place): HostedStep | undefined {
  const { type, call_id: callId } = item;
  if (typeof type !== 'string' || WITHOUT_CONTENT.has(type) || isOwn(item)) return undefined;
  if (typeof callId === 'string' && callId !== '') {
    if (type.endsWith('_output'))
      return { type: 'result', callId, output: toOutput(item['output'] ?? '', param, limits) };
    if (type.endsWith('_call')) return { type: 'call', call: toCall(item, type, callId) };
  }
  const role = type.endsWith('_output') || type.endsWith('_response') ? 'user' : 'assistant';
  if (role === 'assistant' && isLast) return undefined;
  return { type: 'words', role, text: toWords(item, type) };
}

/** What this bridge has told of a tool of the worker's: the worker knows of it, and a history that goes on has nothing of it. */
function isOwn({ type, id }: JsonObject): boolean {
  return type === 'mcp_call' && typeof id === 'string' && OWN_ID.test(id);
}

export function toJsonText(output: unknown): string {
  return typeof output === 'string' ? output : JSON.stringify(output);
}

function toCall(item: JsonObject, type: string, id: string): ToolCall & { readonly id: string } {
  const fields = Object.entries(item).filter(([key]) => !ENVELOPE_KEYS.has(key));
  const input = JSON.stringify(Object.fromEntries(fields), withoutBytes);
  return { id, name: type.slice(0, -'_call'.length), input };
}

/** The picture of a screen is an image. */
function toOutput(output: unknown, param: string, limits: ImageLimits): readonly Part[] {
  const url = isJsonObject(output) ? output['image_url'] : undefined;
  if (typeof url === 'string')
    return orLeftOut(false, 'An image', () => [toImagePart(url, `${param}.output.image_url`, limits)]);
  const text = typeof output === 'string' ? output : JSON.stringify(output, withoutBytes);
  return [{ type: 'text', text }];
}

/** The type in front, then each field by its name. */
function toWords(item: JsonObject, type: string): TextPart {
  const lines = Object.entries(item)
    .filter(
      ([key, field]) => !ENVELOPE_KEYS.has(key) && !UNREADABLE.has(key) && field != null && field !== '',
    )
    .map(([key, field]) => {
      const text = isBytes(field)
        ? LEFT_OUT
        : typeof field === 'string'
          ? field
          : JSON.stringify(field, withoutBytes);
      return `${key}:${text.includes('\n') ? '\n' : ' '}${text}`;
    });
  if (lines.length === 0) return leftOut(`An item of the type ${type}`, 'it cannot be given to this model');
  return { type: 'text', text: [`[${type}]`, ...lines].join('\n') };
}

const LEFT_OUT = '(left out: bytes that this model cannot read)';
/** So much of a text has to look like base64. */
const LOOKED_AT_CHARACTERS = 512;
const BASE64 = /^[A-Za-z0-9+/_=-]+$/;

function isBytes(value: unknown): boolean {
  if (typeof value !== 'string' || value.length < LOOKED_AT_CHARACTERS) return false;
  const start = value.slice(0, LOOKED_AT_CHARACTERS);
  return start.startsWith('data:') || BASE64.test(start);
}

/** For `JSON.stringify`: an image as base64 is nothing that a model can read. */
function withoutBytes(_key: string, value: unknown): unknown {
  return isBytes(value) ? LEFT_OUT : value;
}
