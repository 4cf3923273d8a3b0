/** What messages and their content blocks must look like. Blocks of all other types pass as they are. */
import { z } from 'zod';
import { anyTypeBut, OR_TEXT } from '../route-docs.js';

const IMAGE_TYPE = /^image\/[\w.+-]+$/i;

const TEXT_ONLY = ['text'];
const IN_DOCUMENTS = ['text', 'image'];
const IN_RESULTS = ['text', 'image', 'document'];
const IN_MESSAGES = [...IN_RESULTS, 'tool_use', 'tool_result'];

/** Stands for thinking, for calls of server tools and their results, and for all unknown types. */
function otherBut(known: readonly string[]) {
  return z
    .object({ type: z.literal('other'), block: z.record(z.string(), z.unknown()) })
    .meta(anyTypeBut(known));
}

/** Text alone is the same as one text block. */
function blocks<Block extends z.ZodType>(block: Block) {
  const list = z.array(block);
  return z
    .preprocess((value) => (typeof value === 'string' ? [{ type: 'text', text: value }] : value), list)
    .meta({ [OR_TEXT]: true });
}

function passAllBut(known: readonly string[]) {
  return (value: unknown) =>
    isTyped(value) && !known.includes(value.type) ? { type: 'other', block: value } : value;
}

function isTyped(value: unknown): value is { type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

const text = z.object({ type: z.literal('text'), text: z.string() });

/** What it holds is looked at where it is known whether it is history: `imageSource`. */
const image = z.object({ type: z.literal('image'), source: z.unknown().optional() });

/** The source of an image. */
export const imageSource = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('base64'),
    media_type: z.string().regex(IMAGE_TYPE, { error: "Input should be an image type like 'image/png'" }),
    data: z.string(),
  }),
  z.object({ type: z.literal('url'), url: z.string() }),
]);

const textBlocks = blocks(
  z.preprocess(passAllBut(TEXT_ONLY), z.discriminatedUnion('type', [text, otherBut(TEXT_ONLY)])),
);

/** As of an image: `documentSource`. */
const document = z.object({
  type: z.literal('document'),
  title: z.string().nullish(),
  context: z.string().nullish(),
  source: z.unknown().optional(),
});

/** The source of a document. A file that lies on another server is one that nobody can read here. */
export const documentSource = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), data: z.string() }),
  z.object({ type: z.literal('base64'), media_type: z.string(), data: z.string() }),
  z.object({ type: z.literal('url'), url: z.string() }),
  z.object({
    type: z.literal('content'),
    content: blocks(
      z.preprocess(
        passAllBut(IN_DOCUMENTS),
        z.discriminatedUnion('type', [text, image, otherBut(IN_DOCUMENTS)]),
      ),
    ),
  }),
]);

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()).nullish(),
  toolset_name: z.unknown().optional(),
});

const resultBlock = z.preprocess(
  passAllBut(IN_RESULTS),
  z.discriminatedUnion('type', [text, image, document, otherBut(IN_RESULTS)]),
);

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: blocks(resultBlock).nullish(),
  is_error: z.boolean().nullish(),
});

export const block = z.preprocess(
  passAllBut(IN_MESSAGES),
  z.discriminatedUnion('type', [text, image, document, toolUse, toolResult, otherBut(IN_MESSAGES)]),
);

/** Newer agents put system messages between the others. */
export const message = z.object({ role: z.enum(['user', 'assistant', 'system']), content: blocks(block) });

export const systemContent = textBlocks;

export type InputMessage = z.output<typeof message>;
export type Block = z.output<typeof block>;
export type BlockOf<Type extends Block['type']> = Extract<Block, { type: Type }>;
export type TextBlocks = z.output<typeof textBlocks>;
