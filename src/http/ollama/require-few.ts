/** Refuses requests that hold too much. Ollama itself has no such bounds, nor words for them. */
import { Fault } from '../../core/fault.js';
import { type CountLimits, findExcess } from '../body/request-limits.js';
import type { Images } from './images.js';
import type { ChatBody, GenerateBody } from './schema.js';

/** Throws `bad-request`, which names the message whose image is one too many. */
export function requireFewInChat({ messages, tools }: ChatBody, limits: CountLimits): void {
  const list = messages ?? [];
  const images = list.reduce((sum, message) => sum + countOf(message?.images), 0);
  refuse({ messages: list.length, tools: (tools ?? []).length, images }, limits, () => {
    let seen = 0;
    const index = list.findIndex((message) => {
      seen += countOf(message?.images);
      return seen > limits.maxImages;
    });
    return `messages[${index}].images`;
  });
}

/** Throws `bad-request`. */
export function requireFewInGenerate({ images }: GenerateBody, limits: CountLimits): void {
  refuse({ messages: 1, tools: 0, images: countOf(images) }, limits, () => 'images');
}

function refuse(
  counts: Parameters<typeof findExcess>[0],
  limits: CountLimits,
  imagesField: () => string,
): void {
  const excess = findExcess(counts, limits);
  if (excess === undefined) return;
  const { of, count, limit } = excess;
  const param = of === 'images' ? imagesField() : of;
  throw new Fault('bad-request', `${param}: the request has ${count} ${of}, and at most ${limit} are taken`, {
    param,
  });
}

function countOf(images: Images): number {
  return (images ?? []).filter((image) => image != null).length;
}
