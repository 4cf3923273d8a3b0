/**
 * What clients send beside text, on whatever surface: images and documents in base64, and their addresses. Images are megabytes long:
 * their bytes are counted without being decoded.
 */
import { isUtf8 } from 'node:buffer';
import type { DocumentPart, TextPart } from '../../core/request.js';

const NOT_BASE64 = /[^A-Za-z0-9+/]/;

/**
 * True for padded base64 without line ends. No expression that matches the whole of it: images are long, and V8's stack is
 * not.
 */
export function isPaddedBase64(data: string): boolean {
  if (data === '' || data.length % 4 !== 0) return false;
  return !NOT_BASE64.test(data.slice(0, data.length - paddingOf(data)));
}

/** How many bytes padded base64 without line ends stands for. */
export function decodedBytes(data: string): number {
  return (data.length / 4) * 3 - paddingOf(data);
}

function paddingOf(data: string): number {
  return data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
}

const PDF = 'application/pdf';

/** `%PDF-` in base64; what is said of a file's type may be wrong. */
const PDF_HEAD = 'JVBERi';
const ZERO_BYTE = 0;

/**
 * Undefined for what is neither a PDF nor a text in UTF-8.
 * @param mediaType what the client says it is; '' where it says nothing
 * @param data base64
 * @param name of the file
 */
export function readDocument(
  mediaType: string,
  data: string,
  name?: string,
): DocumentPart | TextPart | undefined {
  if (!isPaddedBase64(data)) return undefined;
  const isPdf = mediaType.toLowerCase() === PDF || data.startsWith(PDF_HEAD);
  if (isPdf) return { type: 'document', mediaType: PDF, data, ...(name ? { name } : {}) };
  const bytes = Buffer.from(data, 'base64');
  if (!isUtf8(bytes) || bytes.includes(ZERO_BYTE)) return undefined;
  return { type: 'text', text: bytes.toString('utf8') };
}

const REMOTE_URL = /^https?:\/\//i;
/** Signed addresses are long, but no server takes one as long as this. */
const MAX_URL_CHARACTERS = 32_768;

/** True for what is meant as an address on another server. */
export function isRemoteUrl(url: string): boolean {
  return REMOTE_URL.test(url);
}

/** True for such an address that a server may fetch. */
export function isFetchable(url: string): boolean {
  return url.length <= MAX_URL_CHARACTERS && isRemoteUrl(url) && URL.canParse(url);
}
