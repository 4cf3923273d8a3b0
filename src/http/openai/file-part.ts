/** A file that a client sent along, in a chat or for a response: a PDF as a document, whatever is text as text. */
import type { JsonObject } from '../../core/json-object.js';
import type { Part } from '../../core/request.js';
import { readDocument } from '../body/document.js';
import type { ImageLimits } from '../body/request-limits.js';

/** The type, which may be missing; clients leave the whole head out, too. */
const DATA_URL_HEAD = /^data:([^;,]*)(?:;[^;,]*)*,/i;
const MAX_HEAD_CHARACTERS = 256;

const REMOTE_URL = /^https?:\/\//i;

/**
 * Undefined for what cannot be read here: a file that lies on another server, one of another kind. What has an address is a PDF, as
 * for OpenAI's models, which the worker fetches.
 */
export function readFilePart(
  { file_data, file_url: url, filename }: JsonObject,
  { imageUrls }: Pick<ImageLimits, 'imageUrls'>,
): Part | undefined {
  const name = typeof filename === 'string' && filename !== '' ? filename : undefined;
  if (typeof url === 'string' && REMOTE_URL.test(url) && URL.canParse(url) && imageUrls !== 'refuse')
    return { type: 'document', mediaType: 'application/pdf', url, ...(name === undefined ? {} : { name }) };
  if (typeof file_data !== 'string') return undefined;
  const head = DATA_URL_HEAD.exec(file_data.slice(0, MAX_HEAD_CHARACTERS));
  const part = readDocument(head?.[1] ?? '', file_data.slice(head?.[0].length ?? 0), name);
  if (part?.type !== 'text' || name === undefined) return part;
  return { type: 'text', text: `${name}:\n\n${part.text}` };
}
