/** A document that a client sent: a PDF as one, whatever is text as text. */
import type { Part } from '../../core/request.js';
import { readDocument } from '../body/document.js';
import type { ImageLimits } from '../body/request-limits.js';
import { invalid } from './error.js';
import { requireRemote } from './image-part.js';
import { type BlockOf, documentSource } from './message-schema.js';
import { joinParagraphs } from './paragraphs.js';
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
