/** An image that a client sent, as bytes or as an address. */
import type { ImagePart } from '../../core/request.js';
import { decodedBytes, isPaddedBase64 } from '../body/base64-image.js';
import type { ImageLimits } from '../body/request-limits.js';
import { invalid } from './error.js';
import { imageSource } from './message-schema.js';
import { validate } from './validate.js';

const REMOTE_URL = /^https?:\/\//i;
/** Signed addresses are long, but no server takes one as long as this. */
const MAX_URL_CHARACTERS = 32_768;

/**
 * Throws `bad-request` for what is no image, too large a one, or an address where none is taken.
 * @param given the block's `source`, which is not checked yet
 * @param path where the block stands in the request
 */
export function toImagePart(
  given: unknown,
  path: readonly PropertyKey[],
  { maxImageBytes, imageUrls }: ImageLimits,
): ImagePart {
  const source = validate(imageSource, given, [...path, 'source']);
  if (source.type === 'url') {
    if (imageUrls === 'refuse')
      throw invalid(
        [...path, 'source', 'url'],
        'this server takes no image URLs; send the image itself, as base64',
      );
    requireRemote(source.url, path);
    return { type: 'image', mediaType: 'image/*', url: source.url };
  }
  const { media_type, data } = source;
  if (!isPaddedBase64(data)) throw invalid([...path, 'source', 'data'], 'Input should be valid base64');
  const bytes = decodedBytes(data);
  if (bytes > maxImageBytes) {
    throw invalid(
      [...path, 'source', 'data'],
      `image exceeds the maximum: ${bytes} bytes > ${maxImageBytes} bytes`,
    );
  }
  return { type: 'image', mediaType: media_type.toLowerCase(), data };
}

/** Throws `bad-request` for an address that no server fetches. @param path of its block */
export function requireRemote(url: string, path: readonly PropertyKey[]): void {
  if (url.length <= MAX_URL_CHARACTERS && REMOTE_URL.test(url) && URL.canParse(url)) return;
  throw invalid([...path, 'source', 'url'], 'Input should be a URL that begins with https:// or http://');
}
