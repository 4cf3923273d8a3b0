/** What messages and their content blocks must look like. Blocks of a type that has no place in a prompt are skipped. */
import { z } from 'zod';
import { anyTypeBut, OR_TEXT } from '../route-docs.js';

const IMAGE_TYPE = /^image\/[\w.+-]+$/i;

const TEXT_ONLY = ['text'];
const IN_RESULTS = ['text', 'image', 'document'];
const IN_MESSAGES = [...IN_RESULTS, 'tool_use', 'tool_result'];

/** Stands for thinking, for calls of server tools and their results, and for all unknown types. */
function skippedBut(known: readonly string[]) {
  return z.object({ type: z.literal('skipped') }).meta(anyTypeBut(known));
}

/** Text alone is the same as one text block. */
function blocks<Block extends z.ZodType>(block: Block) {
  const list = z.array(block);
  return z
    .preprocess((value) => (typeof value === 'string' ? [{ type: 'text', text: value }] : value), list)
    .meta({ [OR_TEXT]: true });
}

function skipAllBut(known: readonly string[]) {
  return (value: unknown) => (isTyped(value) && !known.includes(value.type) ? { type: 'skipped' } : value);
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
  z.preprocess(skipAllBut(TEXT_ONLY), z.discriminatedUnion('type', [text, skippedBut(TEXT_ONLY)])),
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
  skipAllBut(IN_RESULTS),
  z.discriminatedUnion('type', [text, image, document, skippedBut(IN_RESULTS)]),
);

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: blocks(resultBlock).nullish(),
  is_error: z.boolean().nullish(),
});

const block = z.preprocess(
  skipAllBut(IN_MESSAGES),
  z.discriminatedUnion('type', [text, image, document, toolUse, toolResult, skippedBut(IN_MESSAGES)]),
);

/** Newer agents put system messages between the others. */
export const message = z.object({ role: z.enum(['user', 'assistant', 'system']), content: blocks(block) });

export const systemContent = textBlocks;

export type InputMessage = z.output<typeof message>;
export type Block = z.output<typeof block>;
export type BlockOf<Type extends Block['type']> = Extract<Block, { type: Type }>;
export type TextBlocks = z.output<typeof textBlocks>;
