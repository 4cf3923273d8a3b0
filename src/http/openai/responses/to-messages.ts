/**
 * From a response's items to the conversation's messages, the instructions apart (src/http/openai/README.md, "Input items").
 */
import { Fault } from '../../../core/fault.js';
import { isJsonObject, type JsonObject } from '../../../core/json-object.js';
import {
  joinParagraphs,
  type Message,
  openQuestionIndex,
  type Part,
  type Speaker,
} from '../../../core/request.js';
import { type ImageLimits, orLeftOut } from '../../body/request-limits.js';
import { readFilePart, toImagePart } from '../attachments.js';
import { toFault } from '../validate.js';
import { type HostedStep, toHostedStep, toJsonText } from './hosted-items.js';
import { type InputContent, type InputItem, type InputPart, type ItemOf, knownPart } from './item-schema.js';
import { fromOpaque } from './open-items.js';
import { MessageFold } from './message-fold.js';
import { flatName, TOOL_SEARCH } from './tool-names.js';
import type { ResponsesTool } from './tool-schema.js';

/** An item, and where it stands in the request: `input[0]`. */
export interface ContextItem {
  readonly item: InputItem;
  readonly param: string;
}

export interface Messages {
  /** The leading system and developer messages, joined by a blank line; '' if there are none. */
  readonly system: string;
  /** Later system and developer messages are among them. */
  readonly messages: readonly Message[];
}

/** Throws `bad-request` for content that cannot be passed on. */
export function toMessages(items: readonly ContextItem[], limits: ImageLimits): Messages {
  const system: string[] = [];
  const fold = new MessageFold();
  const asked = openQuestionIndex(items, speakerOf);
  const lastOther = items.findLastIndex(({ item: { type } }) => type !== 'other' && type !== 'reasoning');
  for (const [index, { item, param }] of items.entries()) {
    const isAsked = index === asked;
    switch (item.type) {
      case 'message':
        addMessage(item, toParts(item.content, { param: `${param}.content`, isAsked, limits }), fold, system);
        break;
      case 'function_call':
        fold.call({ id: item.call_id, name: flatName(item.name, item.namespace), input: toInput(item) });
        break;
      case 'custom_tool_call': {
        const input = JSON.stringify({ input: item.input });
        fold.call({ id: item.call_id, name: flatName(item.name, item.namespace), input });
        break;
      }
      case 'function_call_output':
      case 'custom_tool_call_output':
        fold.result(
          item.call_id,
          toParts(toContent(item.output), { param: `${param}.output`, isAsked, limits }),
        );
        break;
      case 'tool_search_call':
        if (item.call_id)
          fold.call({ id: item.call_id, name: TOOL_SEARCH, input: toJsonText(item.arguments ?? {}) });
        break;
      case 'tool_search_output':
        if (item.call_id) fold.result(item.call_id, [{ type: 'text', text: toFoundText(item.tools ?? []) }]);
        break;
      case 'other': {
        // An answer is not gone on from behind a tool of a server.
        const isLast = index > lastOther;
        addStep(toHostedStep(item.item, { param, isLast, limits }), fold);
        break;
      }
      case 'reasoning': {
        const thought = toThought(item);
        if (thought !== '') fold.reasoning(thought);
        break;
      }
      case 'compaction':
      case 'compaction_trigger':
      case 'item_reference':
      case 'additional_tools':
      case 'configuration_update':
        // They are resolved before and elsewhere.
        break;
      default:
        item satisfies never;
    }
  }
  return { system: joinParagraphs(system), messages: fold.messages() };
}

function addMessage(
  { role }: ItemOf<'message'>,
  parts: readonly Part[],
  fold: MessageFold,
  system: string[],
): void {
  switch (role) {
    case 'system':
    case 'developer':
      if (fold.isEmpty) system.push(toText(parts));
      else if (parts.length > 0) fold.system(parts);
      break;
    case 'user':
      fold.user(parts);
      break;
    case 'assistant':
      fold.assistant(parts);
      break;
    default:
      role satisfies never;
  }
}

function addStep(step: HostedStep | undefined, fold: MessageFold): void {
  switch (step?.type) {
    case 'call':
      fold.call(step.call);
      break;
    case 'result':
      fold.result(step.callId, step.output);
      break;
    case 'words':
      if (step.role === 'user') fold.user([step.text]);
      else fold.assistant([step.text]);
      break;
    case undefined:
      break;
    default:
      step satisfies never;
  }
}

/** As it is, else its summaries, else what only a bridge can read, where it was one that wrote it. */
function toThought({ content, summary, encrypted_content: opaque }: ItemOf<'reasoning'>): string {
  for (const list of [content, summary]) {
    const texts = Array.isArray(list) ? list.map((part: unknown) => textOfPart(part)) : [];
    const text = joinParagraphs(texts);
    if (text !== '') return text;
  }
  return typeof opaque === 'string' ? fromOpaque(opaque) : '';
}

function textOfPart(part: unknown): string {
  return isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : '';
}

/** No arguments are `{}`, as they were when the call was given out. */
function toInput({ arguments: sent }: ItemOf<'function_call'>): string {
  return typeof sent === 'string' ? sent || '{}' : JSON.stringify(sent ?? {});
}

/** The tools themselves are offered with the request: this is how the model knows that they were found. */
function toFoundText(tools: readonly ResponsesTool[]): string {
  const found = tools.flatMap((tool) => {
    if (tool.type === 'namespace')
      return tool.tools.flatMap((member) =>
        member.type === 'hosted' ? [] : [toFoundLine(flatName(member.name, tool.name), member.description)],
      );
    return tool.type === 'function' || tool.type === 'custom'
      ? [toFoundLine(tool.name, tool.description)]
      : [];
  });
  return found.length === 0 ? 'No tools were found.' : `These tools can be called now:\n${found.join('\n')}`;
}

function toFoundLine(name: string, description: string | null | undefined): string {
  return description ? `- ${name}: ${description}` : `- ${name}`;
}

function toContent(output: ItemOf<'function_call_output'>['output']): InputContent | null | undefined {
  if (output == null || typeof output === 'string' || isParts(output)) return output;
  return JSON.stringify(output);
}

function isParts(output: object): output is Exclude<InputContent, string> {
  return Array.isArray(output);
}

/** Where content stands. */
interface Place {
  /** In the request: `input[0].content`. */
  readonly param: string;
  /** True for what the user put into the last message: what cannot be passed on is refused there, and a line of text elsewhere. */
  readonly isAsked: boolean;
  readonly limits: ImageLimits;
}

function speakerOf({ item }: ContextItem): Speaker {
  switch (item.type) {
    case 'message':
      return item.role === 'user' ? 'user' : 'other';
    case 'reasoning':
    case 'additional_tools':
    case 'configuration_update':
      return 'other';
    default:
      return item.type.endsWith('_output') ? 'tool' : 'call';
  }
}

const NAMES: ReadonlyMap<unknown, string> = new Map([
  ['input_image', 'An image'],
  ['computer_screenshot', 'An image'],
  ['input_file', 'A file'],
  ['input_audio', 'A piece of sound'],
]);

function whatIs(part: InputPart): string {
  const { type } = part.type === 'other' ? part.part : part;
  return NAMES.get(type) ?? `A part of the type ${String(type)}`;
}

/**
 * The parts of an item's content. None and '' are the same: nothing. Throws `bad-request` for what cannot be passed on:
 * files that lie elsewhere, sound, images by id.
 */
function toParts(
  content: InputContent | null | undefined,
  { param, isAsked, limits }: Place,
): readonly Part[] {
  if (content == null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.flatMap((part, index) =>
    orLeftOut(isAsked, whatIs(part), () => toPart(part, `${param}[${index}]`, limits)),
  );
}

/** Only the text of it. */
function toText(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

function toPart(part: InputPart, param: string, limits: ImageLimits): readonly Part[] {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
    case 'reasoning_text':
      return [{ type: 'text', text: part.text }];
    case 'refusal':
      return [{ type: 'text', text: part.refusal }];
    case 'input_image': {
      const { image_url, file_id: fileId } = part;
      if (image_url == null && fileId != null)
        throw unsupported(
          `${param}.file_id`,
          "files are not kept here; send the image itself as 'image_url'",
        );
      if (image_url == null) throw unsupported(`${param}.image_url`, "images need an 'image_url'");
      const url = typeof image_url === 'string' ? image_url : image_url.url;
      return [toImagePart(url, `${param}.image_url`, limits)];
    }
    case 'input_file': {
      const file = readFilePart(part, limits);
      if (file === undefined) throw unreadable(part, param);
      return [file];
    }
    case 'input_audio':
      throw unsupported(param, 'sound is not supported here');
    case 'encrypted_content':
      return [];
    case 'other':
      return [toOtherPart(part.part, param, limits)];
    default:
      return part satisfies never;
  }
}

/** Throws `bad-request` for what is no part of this API, in the words of its schema. */
function toOtherPart(value: JsonObject, param: string, limits: ImageLimits): Part {
  const { type, image_url: url } = value;
  if (type === 'computer_screenshot' && typeof url === 'string')
    return toImagePart(url, `${param}.image_url`, limits);
  const { error } = knownPart.safeParse(value, { reportInput: true });
  throw toFault((error?.issues ?? []).map((issue) => ({ ...issue, path: [param, ...issue.path] })));
}

/** Names the field that cannot be read. */
function unreadable(file: JsonObject, param: string): Fault {
  if (file['file_data'] != null)
    return unsupported(param, 'files are not supported here, but for PDFs and texts in UTF-8, as base64');
  if (file['file_id'] != null)
    return unsupported(`${param}.file_id`, "files are not kept here; send the file itself as 'file_data'");
  if (file['file_url'] != null)
    return unsupported(
      `${param}.file_url`,
      "no such address is taken here; send the file itself as 'file_data'",
    );
  return unsupported(param, "files need 'file_data', as base64");
}

function unsupported(param: string, why: string): Fault {
  return new Fault('bad-request', `Invalid '${param}': ${why}.`, { param, reason: 'unsupported_value' });
}
