/** Ollama's messages as a conversation. */
import type { Message, Part, ToolCall } from '../../core/request.js';
import { type ImageLimits, toImageParts } from './images.js';
import type { ChatMessage } from './schema.js';

export interface History {
  readonly system?: string;
  readonly messages: readonly Message[];
}

/**
 * Splits `messages` (at least one; `null` is an empty one) into the system text, which is that of the leading system messages, and the
 * turns, where later ones stay in their place. A history of nothing but system messages, which Ollama's models complete as it stands,
 * becomes the user message that hum needs. Images of a leading system message are left out: a hum prompt has no place for them. Throws `bad-request` for an image that is too large.
 */
export function toHistory(
  messages: readonly (ChatMessage | null | undefined)[],
  limits: ImageLimits,
): History {
  const system: string[] = [];
  const turns: Message[] = [];
  for (const [index, message] of messages.entries()) {
    const role = message?.role?.toLowerCase();
    const images = toImageParts(message?.images, `messages[${index}].images`, limits);
    if (role !== 'system' && role !== 'developer') turns.push(toTurn(role, message ?? {}, images));
    else if (turns.length === 0) system.push(message?.content ?? '');
    else turns.push(...toSystemTurn(toContent(message?.content, images)));
  }
  const systemText = system.filter((text) => text !== '').join('\n\n');
  if (turns.length === 0) return { messages: [{ role: 'user', content: toContent(systemText, []) }] };
  return systemText === '' ? { messages: turns } : { system: systemText, messages: turns };
}

/** An empty one says nothing. */
function toSystemTurn(content: readonly Part[]): readonly Message[] {
  return content.length === 0 ? [] : [{ role: 'system', content }];
}

/** Ollama checks no role: one that is unknown is the user's. `thinking` of earlier turns is not sent again. */
function toTurn(role: string | undefined, message: ChatMessage, images: readonly Part[]): Message {
  const content = toContent(message.content, images);
  switch (role) {
    case 'assistant':
      return { role, content, toolCalls: toToolCalls(message) };
    case 'tool':
      return {
        role,
        content,
        ...(message.tool_call_id ? { toolCallId: message.tool_call_id } : {}),
        ...(message.tool_name ? { toolName: message.tool_name } : {}),
      };
    default:
      return { role: 'user', content };
  }
}

/** Images come first, as in the prompts that Ollama makes. No text at all is no part. */
export function toContent(text: string | null | undefined, images: readonly Part[]): readonly Part[] {
  return text == null || text === '' ? images : [...images, { type: 'text', text }];
}

function toToolCalls(message: ChatMessage): readonly ToolCall[] {
  return (message.tool_calls ?? [])
    .filter((call) => call != null)
    .map((call) => ({
      ...(call.id ? { id: call.id } : {}),
      name: call.function?.name ?? '',
      input: JSON.stringify(call.function?.arguments ?? {}),
    }));
}
