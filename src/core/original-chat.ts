/** Whether a request can go out as its client wrote it in OpenAI's form: nothing of it is lost or worded anew then. */
import type { Message, OriginalChat, TurnRequest } from './request.js';

/** The original, as long as it says what the request says. @param messages those that go out */
export function currentOriginal(
  { original, system }: Pick<TurnRequest, 'original' | 'system'>,
  messages: readonly Message[],
): OriginalChat | undefined {
  return original !== undefined && original.of === messages && original.system === system
    ? original
    : undefined;
}
