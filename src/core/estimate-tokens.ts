/** The stand-in for a tokenizer where a worker reports no usage. */
import type { Message, Part, Tool, TurnRequest } from './request.js';

const CHARACTERS_PER_TOKEN = 4;

/** A guess at the number of tokens in `characters` characters: a quarter of them, and never less than one. */
export function estimateTokens(characters: number): number {
  return Math.max(1, Math.round(characters / CHARACTERS_PER_TOKEN));
}

/** The number of characters in about so many tokens. */
export function estimateCharacters(tokens: number): number {
  return Math.floor(tokens * CHARACTERS_PER_TOKEN);
}

/** Anthropic counts about 1,600 tokens for the largest image that it reads, of four characters each. */
const CHARACTERS_PER_IMAGE = 6_400;
/** Anthropic counts 1,500 to 3,000 tokens for a page, which takes about this much of a file (in base64). */
const DATA_PER_PAGE = 75_000;
const CHARACTERS_PER_PAGE = 9_000;

/**
 * How much a model is given to read: system, messages and tools in characters, for an estimate of their tokens; an image
 * counts as its most, a document by its size.
 */
export function inputCharacters({
  system,
  messages,
  tools,
}: Pick<TurnRequest, 'system' | 'messages' | 'tools'>): number {
  const before = (system?.length ?? 0) + toolCharacters(tools);
  return messages.reduce((sum, message) => sum + ofMessage(message), before);
}

/** The same of tools alone. */
export function toolCharacters(tools: readonly Tool[]): number {
  return tools.reduce((sum, tool) => sum + ofTool(tool), 0);
}

function ofTool({ name, description, inputSchema }: Tool): number {
  return name.length + (description?.length ?? 0) + JSON.stringify(inputSchema).length;
}

function ofMessage(message: Message): number {
  const characters = message.content.reduce((sum, part) => sum + ofPart(part), 0);
  if (message.role !== 'assistant') return characters;
  return message.toolCalls.reduce((sum, { name, input }) => sum + name.length + input.length, characters);
}

function ofPart(part: Part): number {
  switch (part.type) {
    case 'text':
      return part.text.length;
    case 'image':
      return CHARACTERS_PER_IMAGE;
    case 'document':
      return CHARACTERS_PER_PAGE * ('data' in part ? Math.ceil(part.data.length / DATA_PER_PAGE) : 1);
    default:
      return part satisfies never;
  }
}
