/** Encodes a large conversation in the thread that reads its request, where it is at hand. */
import { type EncodedHistory, encodeHistory } from '../../core/encoded-history.js';
import type { Message, OriginalChat } from '../../core/request.js';
import { isLarge } from '../../threads/weight.js';
import type { BodyInput } from './decode-body.js';

/** What the reader of `input` gives besides `messages`, for `rememberEncoded`: undefined where they are not large. */
export function encodeLarge(
  input: BodyInput<unknown>,
  messages: readonly Message[],
  original?: OriginalChat,
): EncodedHistory | undefined {
  const isInThread = 'chunks' in input;
  return isInThread && isLarge(messages) ? encodeHistory(messages, original) : undefined;
}
