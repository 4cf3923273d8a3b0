/** What is taken of the images in a request. */

export interface ImageLimits {
  /** The largest image that is in the request itself, in bytes once decoded. */
  readonly maxImageBytes: number;
  /** Whether an image's http address goes to the worker. It is never fetched here. */
  readonly imageUrls: 'pass' | 'refuse';
}

/** The limits as they are now, apart from what else holds them: such a value can be copied to a thread. */
export function toImageLimits({ maxImageBytes, imageUrls }: ImageLimits): ImageLimits {
  return { maxImageBytes, imageUrls };
}
