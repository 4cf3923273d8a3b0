/** The turn of a completion of no tokens, for which no worker is asked. */
import { estimateTokens } from '../../../core/estimate-tokens.js';
import type { Event } from '../../../core/event.js';

export async function* sayNothing(prompt: string): AsyncGenerator<readonly Event[], void, undefined> {
  const promptTokens = estimateTokens(prompt.length);
  const usage = { promptTokens, completionTokens: 0, cachedTokens: 0, estimated: true };
  yield [{ type: 'finish', reason: 'length', usage }];
}
