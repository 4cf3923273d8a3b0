/** Keeps a history within what the model can read, by an estimate: the bridge has no tokenizer. */
import { estimateTokens } from './estimate-tokens.js';
import { Fault } from './fault.js';
import type { Message, TurnRequest } from './request.js';

/**
 * The messages to send to a model that reads `contextLength` tokens, estimated at four characters each. Where `truncate`
 * allows it the oldest turns (a user's message with the system messages right before it, and all that was answered to it) are left out
 * whole; the system prompt and the last turn stay, whatever their length. Throws `context-too-long` where that is not allowed, but for a
 * single message: an estimate refuses nothing that could not be shorter, and what the model cannot read, it says itself.
 */
export function fitHistory(request: TurnRequest, contextLength: number): readonly Message[] {
  const { messages, system = '' } = request;
  const sizes = messages.map(sizeOf);
  let characters = system.length + sizes.reduce((sum, size) => sum + size, 0);
  const tokens = estimateTokens(characters);
  if (tokens <= contextLength) return messages;
  if (request.truncate) {
    const lastTurn = messages.findLastIndex((_, index) => beginsTurn(messages, index));
    let from = 0;
    while (from < lastTurn && estimateTokens(characters) > contextLength) {
      do {
        characters -= sizes[from] ?? 0;
        from++;
      } while (from < lastTurn && !beginsTurn(messages, from));
    }
    return messages.slice(from);
  }
  if (messages.length === 1) return messages;
  const message = `This model's maximum context length is ${contextLength} tokens. However, your messages resulted in about ${tokens} tokens. Please reduce the length of the messages.`;
  throw new Fault('context-too-long', message, { param: 'messages' });
}

/** True for the message that a user's turn begins with. */
function beginsTurn(messages: readonly Message[], index: number): boolean {
  if (messages[index - 1]?.role === 'system') return false;
  let at = index;
  while (messages[at]?.role === 'system') at++;
  return messages[at]?.role === 'user';
}

function sizeOf(message: Message): number {
  let size = 0;
  for (const part of message.content) if (part.type === 'text') size += part.text.length;
  if (message.role === 'assistant') for (const call of message.toolCalls) size += call.input.length;
  return size;
}
