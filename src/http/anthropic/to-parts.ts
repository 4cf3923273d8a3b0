/** From the blocks that hold content to the parts of a conversation's message. */
import type { Part } from '../../core/request.js';
import type { ImageLimits } from '../body/image-limits.js';
import { toImagePart } from './image-part.js';
import type { Block, BlockOf, TextBlocks } from './message-schema.js';

/**
 * Text, images and documents in their order; other blocks are no content. Empty text is no part.
 * @param path where the list of blocks stands in the request
 */
export function toParts(
  blocks: readonly Block[] | null | undefined,
  path: readonly PropertyKey[],
  limits: ImageLimits,
): readonly Part[] {
  const parts: Part[] = [];
  for (const [index, block] of (blocks ?? []).entries()) {
    switch (block.type) {
      case 'text':
        pushText(parts, block.text);
        break;
      case 'image':
        parts.push(toImagePart(block, [...path, index], limits));
        break;
      case 'document':
        pushText(parts, toDocumentText(block));
        break;
      case 'tool_use':
      case 'tool_result':
      case 'skipped':
        break;
      default:
        block satisfies never;
    }
  }
  return parts;
}

/** The texts of a list of text blocks, each apart from the next by a blank line. */
export function joinTexts(blocks: TextBlocks): string {
  return joinParagraphs(blocks.map((block) => (block.type === 'text' ? block.text : '')));
}

export function joinParagraphs(texts: readonly (string | null | undefined)[]): string {
  return texts.filter(Boolean).join('\n\n');
}

/** What the document is called and about stands in front of it. */
function toDocumentText({ title, context, source }: BlockOf<'document'>): string {
  return joinParagraphs([title, context, source.type === 'text' ? source.data : joinTexts(source.content)]);
}

function pushText(parts: Part[], text: string): void {
  if (text !== '') parts.push({ type: 'text', text });
}
