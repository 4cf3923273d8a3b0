/** What messages and their content blocks must look like. Blocks of a type that has no place in a prompt are skipped. */
import { z } from 'zod';

const IMAGE_TYPE = /^image\/[\w.+-]+$/i;

/** Stands for thinking, for calls of server tools and their results, and for all that nobody knows. */
const skipped = z.object({ type: z.literal('skipped') });

/** Text alone is the same as one text block. */
function blocks<Block extends z.ZodType>(block: Block) {
  return z.preprocess(
    (value) => (typeof value === 'string' ? [{ type: 'text', text: value }] : value),
    z.array(block),
  );
}

function skipAllBut(known: ReadonlySet<string>) {
  return (value: unknown) => (isTyped(value) && !known.has(value.type) ? { type: 'skipped' } : value);
}

function isTyped(value: unknown): value is { type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

const text = z.object({ type: z.literal('text'), text: z.string() });

const image = z.object({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('base64'),
      media_type: z.string().regex(IMAGE_TYPE, { error: "Input should be an image type like 'image/png'" }),
      data: z.string(),
    }),
    z.object({ type: z.literal('url'), url: z.string() }),
  ]),
});

const textBlocks = blocks(
  z.preprocess(skipAllBut(new Set(['text'])), z.discriminatedUnion('type', [text, skipped])),
);

/** Text only: a prompt has no place for other files, and an answer that ignores one would be wrong. */
const document = z.object({
  type: z.literal('document'),
  title: z.string().nullish(),
  context: z.string().nullish(),
  source: z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), data: z.string() }),
    z.object({ type: z.literal('content'), content: textBlocks }),
  ]),
});

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()).nullish(),
});

const resultBlock = z.preprocess(
  skipAllBut(new Set(['text', 'image', 'document'])),
  z.discriminatedUnion('type', [text, image, document, skipped]),
);

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: blocks(resultBlock).nullish(),
  is_error: z.boolean().nullish(),
});

const block = z.preprocess(
  skipAllBut(new Set(['text', 'image', 'document', 'tool_use', 'tool_result'])),
  z.discriminatedUnion('type', [text, image, document, toolUse, toolResult, skipped]),
);

/** Newer agents put system messages between the others. */
export const message = z.object({ role: z.enum(['user', 'assistant', 'system']), content: blocks(block) });

export const systemContent = textBlocks;

export type InputMessage = z.output<typeof message>;
export type Block = z.output<typeof block>;
export type BlockOf<Type extends Block['type']> = Extract<Block, { type: Type }>;
export type TextBlocks = z.output<typeof textBlocks>;
