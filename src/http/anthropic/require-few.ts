/** Refuses requests that hold too much, in the words of Anthropic's validator. */
import type { Message } from '../../core/request.js';
import { type CountLimits, countImages, findExcess } from '../body/request-limits.js';
import { invalid } from './invalid.js';
import type { TurnBody } from './schema.js';

/** Throws `bad-request`. @param turns what was made of the body's messages */
export function requireFew(body: TurnBody, turns: readonly Message[], limits: CountLimits): void {
  const counts = {
    messages: body.messages.length,
    tools: (body.tools ?? []).length,
    images: countImages(turns),
  };
  const excess = findExcess(counts, limits);
  if (excess === undefined) return;
  if (excess.of === 'images')
    throw invalid(['messages'], `Too many images: at most ${excess.limit} are taken, not ${excess.count}`);
  throw invalid(
    [excess.of],
    `List should have at most ${excess.limit} items after validation, not ${excess.count}`,
  );
}
