/** How much a request may hold, counted the same way on every surface, which words what is too much. */
import { Fault } from '../../core/fault.js';
import { leftOut, type Message, openQuestion, type Part } from '../../core/request.js';

export interface BodyLimits {
  /** The longest request body, in bytes. */
  readonly maxBodyBytes: number;
  /** How much of all bodies may be in memory before they are read, in bytes. */
  readonly maxTotalBodyBytes: number;
  /** How long it may take to come, in ms. */
  readonly bodyTimeoutMs: number;
}

/** What is taken of the images in a request. */
export interface ImageLimits {
  /** The largest image that is in the request itself, in bytes once decoded. */
  readonly maxImageBytes: number;
  /** Whether an image's http address goes to the worker. It is never fetched here. */
  readonly imageUrls: 'pass' | 'refuse';
}

export interface CountLimits {
  readonly maxMessages: number;
  readonly maxTools: number;
  readonly maxImages: number;
}

export interface RequestLimits extends ImageLimits, CountLimits {}

/** Those of images as they are now, apart from what else holds them: such a value can be copied to a thread. */
export function toImageLimits({ maxImageBytes, imageUrls }: ImageLimits): ImageLimits {
  return { maxImageBytes, imageUrls };
}

/** All limits as they are now, apart from what else holds them: such a value can be copied to a thread. */
export function toRequestLimits(limits: RequestLimits): RequestLimits {
  const { maxImageBytes, imageUrls, maxMessages, maxTools, maxImages } = limits;
  return { maxImageBytes, imageUrls, maxMessages, maxTools, maxImages };
}

/** What is counted. */
export type Counted = 'messages' | 'tools' | 'images';

/** What a request has too much of. */
export interface Excess {
  readonly of: Counted;
  readonly count: number;
  readonly limit: number;
}

/** The first thing that a request has too much of; undefined if there is none. */
export function findExcess(
  counts: Readonly<Record<Counted, number>>,
  limits: CountLimits,
): Excess | undefined {
  const { messages, tools, images } = counts;
  if (messages > limits.maxMessages) return { of: 'messages', count: messages, limit: limits.maxMessages };
  if (tools > limits.maxTools) return { of: 'tools', count: tools, limit: limits.maxTools };
  if (images > limits.maxImages) return { of: 'images', count: images, limit: limits.maxImages };
  return undefined;
}

/** Only those that the user has just sent: of the others the oldest ones are left out (`fitImages`). */
export function countAskedImages(messages: readonly Message[]): number {
  const question = openQuestion(messages);
  return question === undefined ? 0 : countImages([question]);
}

export function countImages(messages: readonly Message[]): number {
  let images = 0;
  for (const { content } of messages) for (const part of content) if (part.type === 'image') images++;
  return images;
}

const TOO_MANY = leftOut('An image', 'there are too many newer ones');

/**
 * `messages` with no more images than `limit`, but for those of the question: in a long session there are more with each turn, and
 * nothing that is history may end it. The oldest ones become lines of text, half of the limit at once, so that what stands before the
 * question stays the same for many turns.
 */
export function fitImages(messages: readonly Message[], limit: number): readonly Message[] {
  const over = countImages(messages) - limit;
  if (over <= 0) return messages;
  const step = Math.max(1, Math.ceil(limit / 2));
  let left = Math.ceil(over / step) * step;
  const question = openQuestion(messages);
  return messages.map((message) => {
    if (left <= 0 || message === question) return message;
    return {
      ...message,
      content: message.content.map((part) => (part.type === 'image' && left-- > 0 ? TOO_MANY : part)),
    };
  });
}

/**
 * What `make` makes of a part of a request. Where that throws `bad-request` for what is history, which its client sends again each
 * time: a line of text, that no session ends by it.
 * @param what begins with a capital: `An image`
 */
export function orLeftOut(isAsked: boolean, what: string, make: () => readonly Part[]): readonly Part[] {
  try {
    return make();
  } catch (error) {
    if (isAsked || !(error instanceof Fault) || error.code !== 'bad-request') throw error;
    return [leftOut(what, 'it cannot be given to this model')];
  }
}
