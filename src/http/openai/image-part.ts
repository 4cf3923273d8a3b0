/** An image that a client sent, as bytes or as an address. */
import { Fault } from '../../core/fault.js';
import type { ImagePart } from '../../core/request.js';
import { decodedBytes, isPaddedBase64 } from '../body/base64-image.js';
import type { ImageLimits } from '../body/request-limits.js';

const DATA_URL_HEAD = /^data:([^;,]*)((?:;[^;,]*)*),/i;
const IMAGE_TYPE = /^image\/[\w.+-]+$/;
/** The head of a data URL is at most this long; only this much of one is searched for it. */
const MAX_HEAD_CHARACTERS = 256;
/** Signed addresses are long, but no server takes one as long as this. */
const MAX_URL_CHARACTERS = 32_768;
const REMOTE_URL = /^https?:\/\//i;

/**
 * `url` is `data:image/…;base64,…` or http(s). Throws `bad-request` for anything else.
 * @param param where it stands in the request: `messages[0].content[1].image_url`
 */
export function toImagePart(
  url: string,
  param: string,
  { maxImageBytes, imageUrls }: ImageLimits,
): ImagePart {
  if (REMOTE_URL.test(url)) {
    if (imageUrls === 'refuse') throw urlRefused(param);
    return { type: 'image', mediaType: 'image/*', url: checkUrl(url, param) };
  }
  const head = DATA_URL_HEAD.exec(url.slice(0, MAX_HEAD_CHARACTERS));
  if (!head) throw invalidUrl(param);
  const mediaType = (head[1] ?? '').toLowerCase();
  const isBase64 = (head[2] ?? '').toLowerCase().endsWith(';base64');
  if (!IMAGE_TYPE.test(mediaType) || !isBase64) throw invalidUrl(param);
  const data = url.slice(head[0].length);
  if (!isPaddedBase64(data)) {
    throw new Fault('bad-request', `Invalid base64 image in '${param}'.`, {
      param,
      reason: 'invalid_base64_image',
    });
  }
  const bytes = decodedBytes(data);
  if (bytes > maxImageBytes) {
    const message = `Invalid '${param}': the image has ${bytes} bytes, and at most ${maxImageBytes} are taken.`;
    throw new Fault('bad-request', message, { param, reason: 'image_too_large' });
  }
  return { type: 'image', mediaType, data };
}

function checkUrl(url: string, param: string): string {
  if (url.length > MAX_URL_CHARACTERS || !URL.canParse(url)) throw invalidUrl(param);
  return url;
}

function urlRefused(param: string): Fault {
  const message = `Invalid '${param}': this server takes no image URLs; send the image itself, as 'data:image/…;base64,'.`;
  return new Fault('bad-request', message, { param, reason: 'invalid_image_url' });
}

function invalidUrl(param: string): Fault {
  const message = `Invalid '${param}': expected a URL that begins with 'data:image/…;base64,', 'https://' or 'http://'.`;
  return new Fault('bad-request', message, { param, reason: 'invalid_image_url' });
}
