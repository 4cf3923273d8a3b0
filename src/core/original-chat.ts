/** A request as its client wrote it in OpenAI's form, for workers that take it so: nothing of it is lost or worded anew. */
import type { JsonObject } from './json-object.js';
import type { Message, TurnRequest } from './request.js';

export interface OriginalChat {
  /** Undefined where a thread has encoded them: they are large. */
  readonly messages: readonly JsonObject[] | undefined;
  /** The same as the conversation has them: where that is another list by now, the original is out of date. */
  readonly of: readonly Message[];
  /** The system text that was read from them, with what was added to it in words. */
  readonly system: string | undefined;
  /** All other fields of the body that are for the model's server. */
  readonly settings: JsonObject;
}

/** The original, as long as it says what the request says. @param messages those that go out */
export function currentOriginal(
  { original, system }: Pick<TurnRequest, 'original' | 'system'>,
  messages: readonly Message[],
): OriginalChat | undefined {
  return original !== undefined && original.of === messages && original.system === system ? original : undefined;
}
