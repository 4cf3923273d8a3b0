/** From Anthropic's messages to the conversation's, the system's words apart. */
import {
  type AssistantMessage,
  joinParagraphs,
  type Message,
  openQuestionIndex,
  type Part,
  type Speaker,
  type ToolCall,
  type ToolMessage,
} from '../../core/request.js';
import { type ImageLimits, orLeftOut } from '../body/request-limits.js';
import { toDocumentParts, toImagePart } from './attachments.js';
import { invalid } from './error.js';
import {
  type Block,
  type BlockOf,
  block as anyBlock,
  type InputMessage,
  type TextBlocks,
} from './message-schema.js';
import { readOther } from './other-block.js';
import { offeredName, type ToolsetMember } from './toolsets.js';
import { validate } from './validate.js';

export interface Messages {
  /** The leading system messages, joined by a blank line; '' if there are none. */
  readonly system: string;
  /** May be empty; later system messages are among them. */
  readonly messages: readonly Message[];
}

/** Where blocks stand. */
interface Place {
  /** Where the list of them stands in the request. */
  readonly path: readonly PropertyKey[];
  /** True for what the user put into the last message: what cannot be given to a model is refused there, and a line of text elsewhere. */
  readonly isAsked: boolean;
  readonly limits: ImageLimits;
}

/**
 * Throws `bad-request` for a tool block that stands in the wrong role, and in what was just asked for what no model can be given.
 * @param members whose calls are told by the names that the model is offered them by
 */
export function toMessages(
  list: readonly InputMessage[],
  limits: ImageLimits,
  members: readonly ToolsetMember[],
): Messages {
  const instructions: string[] = [];
  const messages: Message[] = [];
  const asked = openQuestionIndex(list, speakerOf);
  for (const [index, message] of list.entries()) {
    const path = ['messages', index];
    refuseStrayTools(message, path);
    const place = { path: [...path, 'content'], isAsked: index === asked, limits };
    const content = toParts(withoutBilling(message), place);
    switch (message.role) {
      case 'system':
        if (messages.length === 0) instructions.push(toText(content));
        else if (content.length > 0) messages.push({ role: 'system', content });
        break;
      case 'assistant':
        messages.push({
          role: 'assistant',
          content,
          toolCalls: toCalls(message, members),
          ...toReasoning(message),
        });
        break;
      case 'user':
        messages.push(...toUserTurn(message, content, place));
        break;
      default:
        message.role satisfies never;
    }
  }
  return { system: joinParagraphs(instructions), messages };
}

function speakerOf({ role, content }: InputMessage): Speaker {
  if (role === 'user') return content.some(({ type }) => type === 'tool_result') ? 'tool' : 'user';
  return content.some(({ type }) => type === 'tool_use') ? 'call' : 'other';
}

/** Results come first: they answer the turn before, and the user's other content comes after them. */
function toUserTurn(
  { content: blocks }: InputMessage,
  content: readonly Part[],
  { path, limits }: Place,
): readonly Message[] {
  const results: ToolMessage[] = [];
  for (const [index, block] of blocks.entries()) {
    if (block.type !== 'tool_result') continue;
    const place = { path: [...path, index, 'content'], isAsked: false, limits };
    results.push(toResult(block, toParts(block.content, place)));
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

function toCalls({ content }: InputMessage, members: readonly ToolsetMember[]): readonly ToolCall[] {
  return content.flatMap((block) =>
    block.type === 'tool_use'
      ? [{ id: block.id, name: offeredName(members, block), input: JSON.stringify(block.input ?? {}) }]
      : [],
  );
}

/** What the model thought before it: servers that think want it back. */
function toReasoning({ content }: InputMessage): Pick<AssistantMessage, 'reasoning'> {
  const thoughts = content.flatMap((block) => {
    if (block.type !== 'other' || block.block['type'] !== 'thinking') return [];
    const { thinking } = block.block;
    return typeof thinking === 'string' && thinking !== '' ? [thinking] : [];
  });
  return thoughts.length === 0 ? {} : { reasoning: thoughts.join('\n\n') };
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
 * The parts of blocks that hold content, in their order; calls and results are elsewhere. Empty text is no part. What cannot be given to
 * a model is a line of text, or `bad-request` where it was just asked.
 */
function toParts(blocks: readonly Block[] | null | undefined, place: Place): readonly Part[] {
  const parts: Part[] = [];
  for (const [index, block] of (blocks ?? []).entries()) {
    const path = [...place.path, index];
    switch (block.type) {
      case 'text':
        pushText(parts, block.text);
        break;
      case 'image':
        parts.push(
          ...orLeftOut(place.isAsked, 'An image', () => [toImagePart(block.source, path, place.limits)]),
        );
        break;
      case 'document':
        parts.push(...documentParts(block, { ...place, path }));
        break;
      case 'other':
        parts.push(...otherParts(block, { ...place, path }));
        break;
      case 'tool_use':
      case 'tool_result':
        break;
      default:
        block satisfies never;
    }
  }
  return parts;
}

/** @param place of the block itself */
function documentParts(block: BlockOf<'document'>, place: Place): readonly Part[] {
  const { path, limits } = place;
  const within = { ...place, path: [...path, 'source', 'content'] };
  return orLeftOut(place.isAsked, 'A document', () =>
    toDocumentParts(block, path, limits, (content) => toParts(content, within)),
  );
}

/** @param place of the block itself */
function otherParts({ block }: BlockOf<'other'>, place: Place): readonly Part[] {
  // Within it all is what a server gave.
  const within = { ...place, isAsked: false };
  const parts = readOther(block, (inner) => toParts([validate(anyBlock, inner, place.path)], within));
  if (parts !== undefined) return parts;
  const type = String(block['type']);
  return orLeftOut(place.isAsked, `A block of the type ${type}`, () => {
    throw invalid(place.path, `a block of the type '${type}' cannot be given to a model here`);
  });
}

/** A line that Claude Code puts in front of its system text, and that changes with each request. It is no instruction. */
const BILLING = 'x-anthropic-billing-header:';

function withoutBilling({ role, content }: InputMessage): readonly Block[] {
  if (role !== 'system') return content;
  return content.filter((block) => block.type !== 'text' || !block.text.startsWith(BILLING));
}

/** Where the system text is one, only its first line is none. */
function instructionOf(text: string, isAlone: boolean): string {
  if (!text.startsWith(BILLING)) return text;
  const end = text.indexOf('\n');
  return isAlone && end !== -1 ? text.slice(end).trim() : '';
}

/** The texts of a list of text blocks, each apart from the next by a blank line. */
export function joinTexts(blocks: TextBlocks): string {
  return joinParagraphs(
    blocks.map((block) => (block.type === 'text' ? instructionOf(block.text, blocks.length === 1) : '')),
  );
}

function pushText(parts: Part[], text: string): void {
  if (text !== '') parts.push({ type: 'text', text });
}
