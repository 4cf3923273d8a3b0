/** How much a model is given to read. */
import type { Message, Part, TurnRequest } from '../../core/request.js';

/** Anthropic counts about 1,600 tokens for the largest image that it reads, of four characters each. */
const CHARACTERS_PER_IMAGE = 6_400;

/** System, messages and tools in characters, for an estimate of their tokens; an image counts as its most. */
export function inputCharacters({ system, messages, tools }: TurnRequest): number {
  let characters = system?.length ?? 0;
  for (const message of messages) characters += ofMessage(message);
  for (const { name, description, inputSchema } of tools) {
    characters += name.length + (description?.length ?? 0) + JSON.stringify(inputSchema).length;
  }
  return characters;
}

function ofMessage(message: Message): number {
  let characters = 0;
  for (const part of message.content) characters += ofPart(part);
  if (message.role === 'assistant') {
    for (const { name, input } of message.toolCalls) characters += name.length + input.length;
  }
  return characters;
}

function ofPart(part: Part): number {
  return part.type === 'text' ? part.text.length : CHARACTERS_PER_IMAGE;
}
