/** What a chat's `response_format` may be, and what it asks of the answer (src/http/openai/README.md, "Response format"). */
import { z } from 'zod';
import type { AnswerFormat } from '../../../core/request.js';

const SCHEMA_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

const schema = z.record(z.string(), z.unknown()).nullish();
const name = z.string().refine((value) => SCHEMA_NAME.test(value), {
  error: "Invalid name of a schema. Expected 1 to 64 letters, digits, '_' or '-'.",
  params: { reason: 'invalid_value' },
});

/** llama.cpp's clients put a schema straight into either of the JSON formats, without a name. */
export const responseFormat = z.preprocess(
  (value) =>
    isFlat(value) ? { type: value.type, json_schema: { name: 'answer', schema: value.schema } } : value,
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object'), json_schema: z.object({ schema }).nullish() }),
    z.object({ type: z.literal('json_schema'), json_schema: z.object({ name, schema }) }),
  ]),
);

export type ResponseFormat = z.output<typeof responseFormat>;

/** Undefined where the answer may be any text. A format without a schema is any JSON object. */
export function toAnswerFormat(
  format: ResponseFormat | null | undefined,
  isStreamed: boolean,
): AnswerFormat | undefined {
  if (format == null || format.type === 'text') return undefined;
  return { schema: format.json_schema?.schema ?? undefined, delivery: isStreamed ? 'streamed' : 'whole' };
}

function isFlat(value: unknown): value is { type: unknown; schema: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    'schema' in value &&
    !('json_schema' in value)
  );
}
