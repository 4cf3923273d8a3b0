/** An image that a client sent, as bytes or as an address. */
import type { ImagePart } from '../../core/request.js';
import { decodedBytes, isPaddedBase64 } from '../body/base64-image.js';
import type { ImageLimits } from '../body/request-limits.js';
import { invalid } from './error.js';
import type { BlockOf } from './message-schema.js';

const REMOTE_URL = /^https?:\/\//i;
/** Signed addresses are long, but no server takes one as long as this. */
const MAX_URL_CHARACTERS = 32_768;

/**
 * Throws `bad-request` for what is no image, too large a one, or an address where none is taken.
 * @param path where the block stands in the request
 */
export function toImagePart(
  { source }: BlockOf<'image'>,
  path: readonly PropertyKey[],
  { maxImageBytes, imageUrls }: ImageLimits,
): ImagePart {
  if (source.type === 'url') {
    if (imageUrls === 'refuse')
      throw invalid(
        [...path, 'source', 'url'],
        'this server takes no image URLs; send the image itself, as base64',
      );
    if (source.url.length > MAX_URL_CHARACTERS || !REMOTE_URL.test(source.url) || !URL.canParse(source.url)) {
      throw invalid([...path, 'source', 'url'], 'Input should be a URL that begins with https:// or http://');
    }
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
