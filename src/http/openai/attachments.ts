/** Images and files that a client sent along, in a chat or for a response. */
import { Fault } from '../../core/fault.js';
import type { JsonObject } from '../../core/json-object.js';
import type { ImagePart, Part } from '../../core/request.js';
import { decodedBytes, isFetchable, isPaddedBase64, isRemoteUrl, readDocument } from '../body/attachments.js';
import type { ImageLimits } from '../body/request-limits.js';

/** The type and its parameters, all of which may be missing; of a file, clients leave the whole head out, too. */
const DATA_URL_HEAD = /^data:([^;,]*)((?:;[^;,]*)*),/i;
const IMAGE_TYPE = /^image\/[\w.+-]+$/;
/** The head of a data URL is at most this long; only this much of one is searched for it. */
const MAX_HEAD_CHARACTERS = 256;

/**
 * An image, as bytes or as an address: `url` is `data:image/…;base64,…` or http(s). Throws `bad-request` for anything else.
 * @param param where it stands in the request: `messages[0].content[1].image_url`
 */
export function toImagePart(
  url: string,
  param: string,
  { maxImageBytes, imageUrls }: ImageLimits,
): ImagePart {
  if (isRemoteUrl(url)) {
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
  if (!isFetchable(url)) throw invalidUrl(param);
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

/**
 * A file that a client sent along: a PDF as a document, whatever is text as text. Undefined for what cannot be read here: a file that
 * lies on another server, one of another kind. What has an address is a PDF, as for OpenAI's models, which the worker fetches.
 */
export function readFilePart(
  { file_data, file_url: url, filename }: JsonObject,
  { imageUrls }: Pick<ImageLimits, 'imageUrls'>,
): Part | undefined {
  const name = typeof filename === 'string' && filename !== '' ? filename : undefined;
  if (typeof url === 'string' && isFetchable(url) && imageUrls !== 'refuse')
    return { type: 'document', mediaType: 'application/pdf', url, ...(name === undefined ? {} : { name }) };
  if (typeof file_data !== 'string') return undefined;
  const head = DATA_URL_HEAD.exec(file_data.slice(0, MAX_HEAD_CHARACTERS));
  const part = readDocument(head?.[1] ?? '', file_data.slice(head?.[0].length ?? 0), name);
  if (part?.type !== 'text' || name === undefined) return part;
  return { type: 'text', text: `${name}:\n\n${part.text}` };
}
