/** How much a request may hold, counted the same way on every surface, which words what is too much. */
import type { Message } from '../../core/request.js';

export interface BodyLimits {
  /** The longest request body, in bytes. */
  readonly maxBodyBytes: number;
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
  const bounds = [
    ['messages', limits.maxMessages],
    ['tools', limits.maxTools],
    ['images', limits.maxImages],
  ] as const;
  for (const [of, limit] of bounds) if (counts[of] > limit) return { of, count: counts[of], limit };
  return undefined;
}

export function countImages(messages: readonly Message[]): number {
  let images = 0;
  for (const { content } of messages) for (const part of content) if (part.type === 'image') images++;
  return images;
}
