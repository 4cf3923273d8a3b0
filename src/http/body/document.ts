/** Documents in base64, on whatever surface they come: a PDF stays one, and what is text is decoded. */
import { isUtf8 } from 'node:buffer';
import type { DocumentPart, TextPart } from '../../core/request.js';
import { isPaddedBase64 } from './base64-image.js';

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
