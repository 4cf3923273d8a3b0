/** A request's images, which come as bare base64, as parts of a message. */
import { Fault } from '../../core/fault.js';
import type { ImagePart, Part } from '../../core/request.js';
import { decodedBytes } from '../body/attachments.js';
import { orLeftOut } from '../body/request-limits.js';

/** Enough bytes to tell every format by. */
const SIGNATURE_BYTES = 12;

export type Images = readonly (string | null | undefined)[] | null | undefined;

export interface ImageLimits {
  /** For one image, decoded. */
  readonly maxImageBytes: number;
}

/**
 * Takes base64 that the schema has checked; `null` is no image. Throws
 * `bad-request` for an image that is too large; `field` is where they stand: `messages[0].images`.
 * @param isAsked false for those of the history, of which such an image becomes a line of text
 */
export function toImageParts(
  images: Images,
  field: string,
  limits: ImageLimits,
  isAsked = true,
): readonly Part[] {
  return (images ?? []).flatMap((image, index) =>
    image == null
      ? []
      : orLeftOut(isAsked, 'An image', () => [toImagePart(image, `${field}[${index}]`, limits)]),
  );
}

function toImagePart(image: string, param: string, { maxImageBytes }: ImageLimits): ImagePart {
  const bytes = decodedBytes(image);
  if (bytes > maxImageBytes) {
    const text = `${param}: the image has ${bytes} bytes, and at most ${maxImageBytes} are taken`;
    throw new Fault('bad-request', text, { param });
  }
  return { type: 'image', mediaType: mediaTypeOf(image), data: image };
}

/** The format by the first bytes; `image/*` where they say nothing, for the worker to find out. */
function mediaTypeOf(data: string): string {
  const signature = Buffer.from(data.slice(0, SIGNATURE_BYTES * 2), 'base64').toString('latin1');
  if (signature.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (signature.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (signature.startsWith('GIF8')) return 'image/gif';
  if (signature.startsWith('RIFF') && signature.slice(8, 12) === 'WEBP') return 'image/webp';
  return 'image/*';
}

const NOT_IN_ALPHABET = /[^A-Za-z0-9+/]/;
const QUANTUM = 4;

/** Why `text` is not base64, in Go's words (src/http/ollama/README.md, "Bodies"), or undefined if it is. */
export function base64Error(text: string): string | undefined {
  const index = indexOfFlaw(text);
  return index === undefined ? undefined : `illegal base64 data at input byte ${index}`;
}

/** Where Go's decoder stops. All that stands before a flaw is ASCII, so that the index counts bytes. */
function indexOfFlaw(text: string): number | undefined {
  if (text.length % QUANTUM === 0 && !NOT_IN_ALPHABET.test(text)) return undefined;
  let inQuantum = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (isLineEnd(character)) continue;
    if (character === '=') return indexOfPaddingFlaw(text, at, inQuantum);
    if (NOT_IN_ALPHABET.test(character)) return at;
    inQuantum = (inQuantum + 1) % QUANTUM;
  }
  return inQuantum === 0 ? undefined : text.length - inQuantum;
}

/** The first `=` stands at `at`, behind `inQuantum` characters of its group of four. */
function indexOfPaddingFlaw(text: string, at: number, inQuantum: number): number | undefined {
  if (inQuantum < 2) return at;
  let next = skipLineEnds(text, at + 1);
  if (inQuantum === 2) {
    if (next === text.length) return next;
    if (text[next] !== '=') return next - 1;
    next = skipLineEnds(text, next + 1);
  }
  return next < text.length ? next : undefined;
}

function skipLineEnds(text: string, start: number): number {
  let at = start;
  while (at < text.length && isLineEnd(text.charAt(at))) at++;
  return at;
}

function isLineEnd(character: string): boolean {
  return character === '\n' || character === '\r';
}
