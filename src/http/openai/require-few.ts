/** Refuses requests that hold too much, in the words of OpenAI's bounds on arrays. */
import { Fault } from '../../core/fault.js';
import type { Message } from '../../core/request.js';
import { type CountLimits, countAskedImages, findExcess } from '../body/request-limits.js';

/** What a body holds. */
export interface BodyCounts {
  /** Or items. */
  readonly messages: number;
  readonly tools: number;
  /** What was made of it. */
  readonly turns: readonly Message[];
}

/** Throws `bad-request`. @param field where the messages are, and the images with them */
export function requireFew(
  { messages, tools, turns }: BodyCounts,
  limits: CountLimits,
  field = 'messages',
): void {
  const excess = findExcess({ messages, tools, images: countAskedImages(turns) }, limits);
  if (excess === undefined) return;
  const param = excess.of === 'tools' ? 'tools' : field;
  const what = excess.of === 'images' ? 'too many images' : 'array too long';
  const expected =
    excess.of === 'images'
      ? `at most ${excess.limit} images`
      : `an array with maximum length ${excess.limit}`;
  const got = excess.of === 'images' ? `${excess.count}` : `an array with length ${excess.count}`;
  throw new Fault(
    'bad-request',
    `Invalid '${param}': ${what}. Expected ${expected}, but got ${got} instead.`,
    {
      param,
      reason: 'array_above_max_length',
    },
  );
}
