/** An image that a client sent, as bytes or as an address. */
import type { ImagePart } from '../../conversation/request.js';
import { invalid } from './invalid.js';
import type { BlockOf } from './message-schema.js';

const REMOTE_URL = /^https?:\/\//i;
const NOT_BASE64 = /[^A-Za-z0-9+/]/;

/**
 * Throws `bad-request` for what is no image, or too large a one.
 * @param path where the block stands in the request
 * @param maxBytes the limit for the decoded image
 */
export function toImagePart(
  { source }: BlockOf<'image'>,
  path: readonly PropertyKey[],
  maxBytes: number,
): ImagePart {
  if (source.type === 'url') {
    if (!REMOTE_URL.test(source.url) || !URL.canParse(source.url)) {
      throw invalid([...path, 'source', 'url'], 'Input should be a URL that begins with https:// or http://');
    }
    return { type: 'image', mediaType: 'image/*', url: source.url };
  }
  const { media_type, data } = source;
  const bytes = base64Bytes(data);
  if (bytes === undefined) throw invalid([...path, 'source', 'data'], 'Input should be valid base64');
  if (bytes > maxBytes) {
    throw invalid(
      [...path, 'source', 'data'],
      `image exceeds the maximum: ${bytes} bytes > ${maxBytes} bytes`,
    );
  }
  return { type: 'image', mediaType: media_type.toLowerCase(), data };
}

/**
 * How many bytes padded base64 stands for; undefined if it is none. Without an expression that matches the whole of it:
 * images are megabytes long, and V8's stack is not.
 */
function base64Bytes(data: string): number | undefined {
  if (data === '' || data.length % 4 !== 0) return undefined;
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  if (NOT_BASE64.test(data.slice(0, data.length - padding))) return undefined;
  return (data.length / 4) * 3 - padding;
}
