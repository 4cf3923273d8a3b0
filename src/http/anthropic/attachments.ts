/** What a client sent beside text: images, as bytes or as an address, and documents. */
import { type ImagePart, joinParagraphs, type Part } from '../../core/request.js';
import { decodedBytes, isFetchable, isPaddedBase64, readDocument } from '../body/attachments.js';
import type { ImageLimits } from '../body/request-limits.js';
import { invalid } from './error.js';
import { type BlockOf, documentSource, imageSource } from './message-schema.js';
import { validate } from './validate.js';

/** The blocks that a document itself holds. */
export type DocumentContent = Extract<ReturnType<typeof sourceOf>, { type: 'content' }>['content'];

/**
 * What the document is called and about stands in front of it. Throws `bad-request` for what cannot be read, and for an address where
 * none is taken.
 * @param path where the block stands in the request
 * @param toParts what is made of the blocks that the document holds
 */
export function toDocumentParts(
  block: BlockOf<'document'>,
  path: readonly PropertyKey[],
  { imageUrls }: Pick<ImageLimits, 'imageUrls'>,
  toParts: (content: DocumentContent) => readonly Part[],
): readonly Part[] {
  const { title, context } = block;
  const source = sourceOf(block, path);
  const about = joinParagraphs([title, context]);
  switch (source.type) {
    case 'text':
      return texts(joinParagraphs([about, source.data]));
    case 'content':
      return joinFirst(about, joinTexts(toParts(source.content)));
    case 'url': {
      if (imageUrls === 'refuse')
        throw invalid(
          [...path, 'source', 'url'],
          'this server takes no addresses; send the document itself, as base64',
        );
      requireRemote(source.url, path);
      const named = title ? { name: title } : {};
      return [...texts(about), { type: 'document', mediaType: 'application/pdf', url: source.url, ...named }];
    }
    case 'base64': {
      const part = readDocument(source.media_type, source.data, title ?? undefined);
      if (part === undefined)
        throw invalid([...path, 'source', 'data'], 'Input should be a PDF or a text, as valid base64');
      return part.type === 'text' ? joinFirst(about, [part]) : [...texts(about), part];
    }
    default:
      return source satisfies never;
  }
}

function sourceOf({ source }: BlockOf<'document'>, path: readonly PropertyKey[]) {
  return validate(documentSource, source, [...path, 'source']);
}

function texts(text: string): readonly Part[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

/** Texts that follow one another are one. */
function joinTexts(parts: readonly Part[]): readonly Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.type === 'text' && part.type === 'text') {
      joined[joined.length - 1] = { type: 'text', text: joinParagraphs([last.text, part.text]) };
    } else joined.push(part);
  }
  return joined;
}

/** What stands in front of a text is one with it. */
function joinFirst(about: string, parts: readonly Part[]): readonly Part[] {
  const [first, ...rest] = parts;
  if (first?.type !== 'text') return [...texts(about), ...parts];
  return [...texts(joinParagraphs([about, first.text])), ...rest];
}

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
function requireRemote(url: string, path: readonly PropertyKey[]): void {
  if (isFetchable(url)) return;
  throw invalid([...path, 'source', 'url'], 'Input should be a URL that begins with https:// or http://');
}
