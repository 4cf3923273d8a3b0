/**
 * The `messages` of a prompt (src/thrum/README.md, "Messages"): the conversation in OpenAI's form, as the client wrote it where it wrote
 * it so.
 */
import { isJsonObject, type JsonObject } from './json-object.js';
import {
  type OriginalChat,
  type AssistantMessage,
  type Attachment,
  isAttachment,
  lastQuestion,
  type Message,
  type Part,
  type ToolMessage,
  type TurnRequest,
} from './request.js';

/** The order of keys in a message and in what it holds; humd sorts them, and a worker puts them back so. Others come after these. */
export const KEY_ORDER = [
  ...['role', 'content', 'id', 'type', 'text', 'image_url', 'function', 'url', 'detail', 'name', 'arguments'],
  ...['reasoning_content', 'reasoning', 'tool_calls', 'tool_call_id'],
];
/**
 * Names the keys of a message in their order, where that is another one, separated by commas; where that of an object within it is another
 * one, as JSON text: the keys by the path of each such object, '' for the message itself.
 */
export const KEYS_FIELD = 'keys';

/** Holds what the model thought before an answer to an earlier question: most servers leave it out, and some want it. */
export const EARLIER_REASONING = 'earlier_reasoning';

export interface ChatMessages {
  /** The client's system text, where it wrote it as one plain message in front of the others. */
  readonly leading: string | undefined;
  readonly messages: readonly JsonObject[];
}

/** Pure. @param original how the client wrote them; absent where it wrote them otherwise, and the system text is not among them */
export function toChatMessages(
  messages: readonly Message[],
  original: OriginalChat | undefined,
): ChatMessages {
  if (original?.messages === undefined) return { leading: undefined, messages: fromMessages(messages) };
  const [first, ...others] = original.messages;
  const isPlain =
    first?.['role'] === 'system' && typeof first['content'] === 'string' && first['content'] !== '';
  if (!isPlain || Object.keys(first).join() !== 'role,content')
    return { leading: undefined, messages: original.messages.map(withKeys) };
  return { leading: String(first['content']), messages: others.map(withKeys) };
}

/** The original, as long as it says what the request says: nothing is lost then where it goes out. @param messages those that go out */
export function currentOriginal(
  { original, system }: Pick<TurnRequest, 'original' | 'system'>,
  messages: readonly Message[],
): OriginalChat | undefined {
  return original !== undefined && original.of === messages && original.system === system
    ? original
    : undefined;
}

/** `request` with `added` behind its messages, also in its original, where that is current and has not been encoded. Pure. */
export function withMessages(
  request: TurnRequest,
  added: readonly (AssistantMessage | ToolMessage)[],
): TurnRequest {
  const messages = [...request.messages, ...added];
  const original = currentOriginal(request, request.messages);
  const list = original?.messages && [...original.messages, ...fromMessages(added)];
  return { ...request, messages, original: list && { ...original, messages: list, of: messages } };
}

/** The text of the last message of the user. */
export function questionOf(messages: readonly Message[]): string {
  return textOf(lastQuestion(messages)?.content ?? []);
}

/** Says in which order the keys stand, where they would come back in another one. */
function withKeys(message: JsonObject): JsonObject {
  const keys = Object.keys(message);
  const isRestored = comesBack(keys);
  const { content, tool_calls: calls } = message;
  const isFlat = typeof content !== 'object' && calls === undefined;
  const inner = isFlat ? [] : innerKeys(message, '');
  if (inner.length > 0)
    return { ...message, [KEYS_FIELD]: JSON.stringify(Object.fromEntries([['', keys], ...inner])) };
  return isRestored ? message : { ...message, [KEYS_FIELD]: keys.join(',') };
}

/** True for keys that stand in the order in which they come back. */
function comesBack(keys: readonly string[]): boolean {
  const known = KEY_ORDER.filter((name) => keys.includes(name));
  const others = keys.filter((name) => !KEY_ORDER.includes(name)).sort();
  return [...known, ...others].every((name, index) => name === keys[index]);
}

/** The keys of all objects within `value` that would come back in another order, by their paths. */
function innerKeys(value: unknown, path: string): readonly (readonly [string, readonly string[]])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]: [string, unknown]) => {
    const at = `${path}/${name}`;
    const inner = innerKeys(child, at);
    if (!isJsonObject(child) || comesBack(Object.keys(child))) return inner;
    return [[at, Object.keys(child)] as const, ...inner];
  });
}

/** What stands in front of the images of a tool's result, which no result may hold. */
const IMAGES_OF_RESULT = 'The images of the result above:';
const ERROR_PREFIX = 'Error: ';

/** In OpenAI's form. Each call has an id, and each result that of its call. */
function fromMessages(messages: readonly Message[]): readonly JsonObject[] {
  const question = lastQuestionIndex(messages);
  const out: JsonObject[] = [];
  const ids = new CallIds();
  let attachments: Attachment[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'tool' && attachments.length > 0) {
      out.push({
        role: 'user',
        content: [{ type: 'text', text: IMAGES_OF_RESULT }, ...attachments.map(toAttachedPart)],
      });
      attachments = [];
    }
    switch (message.role) {
      case 'system':
        out.push({ role: 'system', content: textOf(message.content) });
        break;
      case 'user':
        out.push({ role: 'user', content: toContent(message.content) });
        break;
      case 'assistant':
        out.push(fromAssistant(message, ids, index > question));
        break;
      case 'tool':
        out.push(fromResult(message, ids));
        attachments = [...attachments, ...message.content.filter(isAttachment)];
        break;
      default:
        message satisfies never;
    }
  }
  if (attachments.length > 0)
    out.push({
      role: 'user',
      content: [{ type: 'text', text: IMAGES_OF_RESULT }, ...attachments.map(toAttachedPart)],
    });
  return out;
}

/** That of the question which is being answered. What stands beside the results of tools is none: agents put there what these cannot hold. */
export function lastQuestionIndex(messages: readonly { readonly role?: unknown }[]): number {
  return messages.findLastIndex(({ role }, index) => role === 'user' && messages[index - 1]?.role !== 'tool');
}

/** @param isOpen the question that it answers is the one which is being answered */
function fromAssistant(
  { content, toolCalls, reasoning }: AssistantMessage,
  ids: CallIds,
  isOpen: boolean,
): JsonObject {
  const text = textOf(content);
  return {
    role: 'assistant',
    content: text === '' && toolCalls.length > 0 ? null : text,
    ...(reasoning ? { [isOpen ? 'reasoning_content' : EARLIER_REASONING]: reasoning } : {}),
    ...(toolCalls.length === 0
      ? {}
      : {
          tool_calls: toolCalls.map(({ id, name, input }) => ({
            id: ids.ofCall(id, name),
            type: 'function',
            function: { name, arguments: input === '' ? '{}' : input },
          })),
        }),
  };
}

/** A result that belongs to no call is no message of a tool. */
function fromResult(message: ToolMessage, ids: CallIds): JsonObject {
  const { content, toolCallId, toolName, isError } = message;
  const text = `${isError === true ? ERROR_PREFIX : ''}${textOf(content)}`;
  const id = ids.ofResult(toolCallId, toolName);
  if (id === undefined) {
    const name = toolName === undefined ? '' : ` of ${toolName}`;
    return { role: 'user', content: `The result${name}:\n${text}` };
  }
  return { role: 'tool', content: text, tool_call_id: id };
}

/** The ids of calls and results, where clients lose them: a result belongs to the first call that still waits, of its name if it has one. */
class CallIds {
  #waiting: { readonly id: string; readonly name: string }[] = [];
  #made = 0;

  ofCall(given: string | undefined, name: string): string {
    const id = given ?? `call_${this.#made++}`;
    this.#waiting.push({ id, name });
    return id;
  }

  ofResult(given: string | undefined, name: string | undefined): string | undefined {
    const isMeant =
      given !== undefined
        ? this.#waiting.findIndex(({ id }) => id === given)
        : this.#waiting.findIndex((call) => name === undefined || call.name === name);
    const [call] = isMeant === -1 ? [] : this.#waiting.splice(isMeant, 1);
    return call?.id ?? given;
  }
}

function textOf(content: readonly Part[]): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

/** Plain text where there are no images, which is all that many servers take. */
function toContent(content: readonly Part[]): string | readonly JsonObject[] {
  if (content.every(({ type }) => type === 'text')) return textOf(content);
  const last = content.at(-1);
  // Ollama's clients have a text and its images apart; it comes first where both stand in one list.
  const isTextLast = last?.type === 'text' && content.slice(0, -1).every(({ type }) => type === 'image');
  const ordered = isTextLast ? [last, ...content.slice(0, -1)] : content;
  return ordered.map((part) =>
    part.type === 'text' ? { type: 'text', text: part.text } : toAttachedPart(part),
  );
}

/** Some servers take no file without a name. */
const UNNAMED = 'document.pdf';

function toAttachedPart(part: Attachment): JsonObject {
  const url = 'data' in part ? `data:${part.mediaType};base64,${part.data}` : part.url;
  if (part.type === 'image') return { type: 'image_url', image_url: { url } };
  const { name = UNNAMED } = part;
  return {
    type: 'file',
    file: 'data' in part ? { filename: name, file_data: url } : { filename: name, file_url: url },
  };
}
