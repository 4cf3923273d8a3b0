/** What the parts of a message or of a tool's output must look like (src/http/openai/README.md, "Input items"). */
import { z } from 'zod';

const text = z.looseObject({
  type: z.enum(['input_text', 'output_text', 'text', 'summary_text', 'reasoning_text']),
  text: z.string(),
});
const refusal = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });
/** The address is text here, not an object as in a chat; an object is read all the same. */
const image = z.looseObject({
  type: z.literal('input_image'),
  image_url: z.union([z.string(), z.looseObject({ url: z.string() })]).nullish(),
  file_id: z.string().nullish(),
});
const file = z.looseObject({ type: z.literal('input_file') });
const audio = z.looseObject({ type: z.literal('input_audio') });
/** What a newer Codex puts into tool outputs for servers that gave it out. */
const encrypted = z.looseObject({ type: z.literal('encrypted_content') });

export const part = z.discriminatedUnion('type', [text, image, file, refusal, audio, encrypted]);

/** Text, or parts. */
export const content = z.union([z.string(), z.array(part)]);

export type InputPart = z.output<typeof part>;
export type InputContent = z.output<typeof content>;
