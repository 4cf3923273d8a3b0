/** From OpenAI's messages to the conversation's, the instructions apart. */
import type { AssistantMessage, Message, Part, ToolCall } from '../../../core/request.js';
import type { ImageLimits } from '../../body/request-limits.js';
import { toImagePart } from '../image-part.js';
import type { CalledFunction, ChatContent, ChatMessage, MessageOf } from './message-schema.js';

export interface Messages {
  /** The leading system and developer messages, joined by a blank line; '' if there are none. */
  readonly system: string;
  /** At least one; later system and developer messages are among them. */
  readonly messages: readonly Message[];
}

/**
 * Throws `bad-request` for an image that is none, too large, or an address where none is taken.
 * @param limits what is taken of images
 */
export function toMessages(list: readonly ChatMessage[], limits: ImageLimits): Messages {
  const instructions: string[] = [];
  const messages: Message[] = [];
  for (const [index, message] of list.entries()) {
    const content = toParts(message.content, `messages[${index}]`, limits);
    switch (message.role) {
      case 'system':
      case 'developer':
        if (messages.length === 0) instructions.push(toText(content));
        else if (content.length > 0) messages.push({ role: 'system', content });
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
  const system = instructions.filter((text) => text !== '').join('\n\n');
  if (messages.length > 0) return { system, messages };
  // OpenAI answers instructions alone; a prompt needs words of a user, so they become those.
  return { system: '', messages: [{ role: 'user', content: [{ type: 'text', text: system }] }] };
}

/** `''`, null, no parts and no content at all are the same: nothing. Thoughts have no place in a prompt. */
function toParts(content: ChatContent, path: string, limits: ImageLimits): readonly Part[] {
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
        parts.push(toImagePart(url, `${path}.content[${index}].image_url`, limits));
        break;
      }
      case 'thinking':
        break;
      default:
        part satisfies never;
    }
  }
  return parts;
}

function toText(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

function toAssistant(message: MessageOf<'assistant'>, content: readonly Part[]): AssistantMessage {
  const { refusal, tool_calls, function_call } = message;
  const toolCalls = (tool_calls ?? []).map(
    (call): ToolCall => ({ ...(call.id ? { id: call.id } : {}), ...toCall(call.function) }),
  );
  if (function_call) toolCalls.push(toCall(function_call));
  const answered: readonly Part[] = refusal ? [...content, { type: 'text', text: refusal }] : content;
  return { role: 'assistant', content: answered, toolCalls };
}

/** No arguments are `{}`, as they were when the call was given out. */
function toCall(called: CalledFunction): ToolCall {
  return { name: called.name, input: called.arguments || '{}' };
}
