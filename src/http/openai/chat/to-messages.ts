/** From OpenAI's messages to the conversation's, the instructions apart. */
import {
  type AssistantMessage,
  joinParagraphs,
  leftOut,
  type Message,
  openQuestionIndex,
  type Part,
  type Speaker,
  type TextPart,
  type ToolCall,
} from '../../../core/request.js';
import type { Fault } from '../../../core/fault.js';
import { isJsonObject, type JsonObject } from '../../../core/json-object.js';
import { type ImageLimits, orLeftOut } from '../../body/request-limits.js';
import { readFilePart, toImagePart } from '../attachments.js';
import {
  type CalledFunction,
  type ChatContent,
  type ChatMessage,
  type MessageOf,
  isForServers,
  refusePart,
} from './message-schema.js';

export interface Messages {
  /** The leading system and developer messages, joined by a blank line; '' if there are none. */
  readonly system: string;
  /** At least one; later system and developer messages are among them. */
  readonly messages: readonly Message[];
}

/**
 * Throws `bad-request` for an image that is none, too large, or an address where none is taken.
 * @param limits what is taken of images
 * @param onRefused is given what stands in the last message and only a server could read, which is left out then; thrown where absent
 */
export function toMessages(
  list: readonly ChatMessage[],
  limits: ImageLimits,
  onRefused?: (fault: Fault) => void,
): Messages {
  const instructions: string[] = [];
  const messages: Message[] = [];
  const asked = openQuestionIndex(list, speakerOf);
  for (const [index, message] of list.entries()) {
    const content = toParts(message.content, { index, isAsked: index === asked, limits, onRefused });
    switch (message.role) {
      case 'system':
      case 'developer':
        if (messages.length === 0) instructions.push(toText(content));
        else if (content.length > 0) messages.push({ role: 'system', content: content.map(asText) });
        break;
      case 'user':
        messages.push({ role: 'user', content });
        break;
      case 'assistant':
        messages.push(toAssistant(message, content));
        break;
      case 'tool':
        messages.push({
          role: 'tool',
          content,
          ...(message.tool_call_id ? { toolCallId: message.tool_call_id } : {}),
          ...(message.name ? { toolName: message.name } : {}),
        });
        break;
      case 'function':
        messages.push({ role: 'tool', content, toolName: message.name });
        break;
      default:
        message satisfies never;
    }
  }
  const system = joinParagraphs(instructions);
  if (messages.length > 0) return { system, messages };
  // OpenAI answers instructions alone; a prompt needs words of a user, so they become those.
  return { system: '', messages: [{ role: 'user', content: [{ type: 'text', text: system }] }] };
}

/** Where content stands. */
interface Place {
  /** Of its message. */
  readonly index: number;
  /** True for what the user put into the last message: what cannot be given to a model is refused there, and a line of text elsewhere. */
  readonly isAsked: boolean;
  readonly limits: ImageLimits;
  readonly onRefused: ((fault: Fault) => void) | undefined;
}

function speakerOf(message: ChatMessage): Speaker {
  switch (message.role) {
    case 'user':
      return 'user';
    case 'tool':
    case 'function':
      return 'tool';
    case 'assistant':
      return message.function_call || (message.tool_calls ?? []).length > 0 ? 'call' : 'other';
    default:
      return 'other';
  }
}

/** A file that the client sent along; throws `bad-request` for all else. */
function toOtherPart(
  part: JsonObject,
  path: readonly PropertyKey[],
  limits: ImageLimits,
  onRefused: ((fault: Fault) => void) | undefined,
): Part {
  const { type, file } = part;
  const read = type === 'file' && isJsonObject(file) ? readFilePart(file, limits) : undefined;
  if (read !== undefined) return read;
  const fault = refusePart(part, path);
  if (isForServers(part)) onRefused?.(fault);
  throw fault;
}

const NAMES: ReadonlyMap<unknown, string> = new Map([
  ['file', 'A file'],
  ['input_audio', 'A piece of sound'],
  ['video_url', 'A video'],
]);

function whatIs({ type }: JsonObject): string {
  return NAMES.get(type) ?? `A part of the type ${String(type)}`;
}

/** `''`, null, no parts and no content at all are the same: nothing. Thoughts have no place in a prompt. */
function toParts(content: ChatContent, place: Place): readonly Part[] {
  if (content == null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  const parts: Part[] = [];
  for (const [index, part] of content.entries()) {
    switch (part.type) {
      case 'text':
      case 'input_text':
      case 'output_text':
        parts.push({ type: 'text', text: part.text });
        break;
      case 'refusal':
        parts.push({ type: 'text', text: part.refusal });
        break;
      case 'image_url': {
        const url = typeof part.image_url === 'string' ? part.image_url : part.image_url.url;
        const param = `messages[${place.index}].content[${index}].image_url`;
        parts.push(...orLeftOut(place.isAsked, 'An image', () => [toImagePart(url, param, place.limits)]));
        break;
      }
      case 'thinking':
        break;
      case 'other': {
        const path = ['messages', place.index, 'content', index];
        const { onRefused } = place;
        const isLeft = onRefused !== undefined && isForServers(part.part);
        parts.push(
          ...orLeftOut(place.isAsked && !isLeft, whatIs(part.part), () => [
            toOtherPart(part.part, path, place.limits, place.isAsked ? onRefused : undefined),
          ]),
        );
        break;
      }
      default:
        part satisfies never;
    }
  }
  return parts;
}

function toText(parts: readonly Part[]): string {
  return parts.map((part) => asText(part).text).join('\n');
}

/** System text is text alone. */
function asText(part: Part): TextPart {
  if (part.type === 'text') return part;
  const what = part.type === 'image' ? 'An image' : 'A PDF document';
  return leftOut(what, 'a system message holds text alone');
}

function toAssistant(message: MessageOf<'assistant'>, content: readonly Part[]): AssistantMessage {
  const { refusal, audio, tool_calls, function_call, reasoning_content, reasoning } = message;
  const thoughts = [reasoning_content, reasoning].find((text) => typeof text === 'string' && text !== '');
  const toolCalls = (tool_calls ?? []).map(
    (call): ToolCall => ({ ...(call.id ? { id: call.id } : {}), ...toCall(call.function) }),
  );
  if (function_call) toolCalls.push(toCall(function_call));
  const answered: Part[] = [...content];
  if (refusal) answered.push({ type: 'text', text: refusal });
  if (audio != null) answered.push(leftOut('A piece of sound', 'it cannot be given to this model'));
  return {
    role: 'assistant',
    content: answered,
    toolCalls,
    ...(typeof thoughts === 'string' ? { reasoning: thoughts } : {}),
  };
}

/** No arguments are `{}`, as they were when the call was given out. */
function toCall(called: CalledFunction): ToolCall {
  return { name: called.name, input: called.arguments || '{}' };
}
