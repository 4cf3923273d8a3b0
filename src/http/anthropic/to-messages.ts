/** From Anthropic's messages to the conversation's, the system's words apart. */
import type { Message, Part, ToolCall, ToolMessage } from '../../core/request.js';
import type { ImageLimits } from '../body/request-limits.js';
import { invalid } from './error.js';
import { toImagePart } from './image-part.js';
import type { Block, BlockOf, InputMessage, TextBlocks } from './message-schema.js';

export interface Messages {
  /** The leading system messages, joined by a blank line; '' if there are none. */
  readonly system: string;
  /** May be empty; later system messages are among them. */
  readonly messages: readonly Message[];
}

/** Throws `bad-request` for an image that is none and for a tool block that stands in the wrong role. */
export function toMessages(list: readonly InputMessage[], limits: ImageLimits): Messages {
  const instructions: string[] = [];
  const messages: Message[] = [];
  for (const [index, message] of list.entries()) {
    const path = ['messages', index];
    refuseStrayTools(message, path);
    const content = toParts(message.content, [...path, 'content'], limits);
    switch (message.role) {
      case 'system':
        if (messages.length === 0) instructions.push(toText(content));
        else if (content.length > 0) messages.push({ role: 'system', content });
        break;
      case 'assistant':
        messages.push({ role: 'assistant', content, toolCalls: toCalls(message) });
        break;
      case 'user':
        messages.push(...toUserTurn(message, content, path, limits));
        break;
      default:
        message.role satisfies never;
    }
  }
  return { system: joinParagraphs(instructions), messages };
}

/** Results come first: they answer the turn before, and the user's other content comes after them. */
function toUserTurn(
  { content: blocks }: InputMessage,
  content: readonly Part[],
  path: readonly PropertyKey[],
  limits: ImageLimits,
): readonly Message[] {
  const results: ToolMessage[] = [];
  for (const [index, block] of blocks.entries()) {
    if (block.type !== 'tool_result') continue;
    results.push(toResult(block, toParts(block.content, [...path, 'content', index, 'content'], limits)));
  }
  return results.length > 0 && content.length === 0 ? results : [...results, { role: 'user', content }];
}

function toResult(block: BlockOf<'tool_result'>, content: readonly Part[]): ToolMessage {
  return {
    role: 'tool',
    content,
    toolCallId: block.tool_use_id,
    ...(block.is_error ? { isError: true } : {}),
  };
}

function toCalls({ content }: InputMessage): readonly ToolCall[] {
  return content.flatMap((block) =>
    block.type === 'tool_use'
      ? [{ id: block.id, name: block.name, input: JSON.stringify(block.input ?? {}) }]
      : [],
  );
}

function refuseStrayTools({ role, content }: InputMessage, path: readonly PropertyKey[]): void {
  for (const { type } of content) {
    if (type === 'tool_use' && role !== 'assistant') {
      throw invalid(path, '`tool_use` blocks can only be in `assistant` messages');
    }
    if (type === 'tool_result' && role !== 'user') {
      throw invalid(path, '`tool_result` blocks can only be in `user` messages');
    }
  }
}

function toText(parts: readonly Part[]): string {
  return joinParagraphs(parts.map((part) => (part.type === 'text' ? part.text : '')));
}

/**
 * The parts of blocks that hold content: text, images and documents in their order; other blocks are no content. Empty text
 * is no part.
 * @param path where the list of blocks stands in the request
 */
function toParts(
  blocks: readonly Block[] | null | undefined,
  path: readonly PropertyKey[],
  limits: ImageLimits,
): readonly Part[] {
  const parts: Part[] = [];
  for (const [index, block] of (blocks ?? []).entries()) {
    switch (block.type) {
      case 'text':
        pushText(parts, block.text);
        break;
      case 'image':
        parts.push(toImagePart(block, [...path, index], limits));
        break;
      case 'document':
        pushText(parts, toDocumentText(block));
        break;
      case 'tool_use':
      case 'tool_result':
      case 'skipped':
        break;
      default:
        block satisfies never;
    }
  }
  return parts;
}

/** The texts of a list of text blocks, each apart from the next by a blank line. */
export function joinTexts(blocks: TextBlocks): string {
  return joinParagraphs(blocks.map((block) => (block.type === 'text' ? block.text : '')));
}

export function joinParagraphs(texts: readonly (string | null | undefined)[]): string {
  return texts.filter(Boolean).join('\n\n');
}

/** What the document is called and about stands in front of it. */
function toDocumentText({ title, context, source }: BlockOf<'document'>): string {
  return joinParagraphs([title, context, source.type === 'text' ? source.data : joinTexts(source.content)]);
}

function pushText(parts: Part[], text: string): void {
  if (text !== '') parts.push({ type: 'text', text });
}
