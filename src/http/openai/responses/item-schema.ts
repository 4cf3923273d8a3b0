/**
 * What the items of an input must look like (src/http/openai/README.md, "Input items"). Unknown keys are kept: items are
 * stored and given back.
 */
import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../../../core/json-object.js';
import { anyTypeBut } from '../../route-docs.js';
import { tool } from './tool-schema.js';

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

/** The parts that this API has; by its issues one is refused that is none. */
export const knownPart = z.discriminatedUnion('type', [text, image, file, refusal, audio, encrypted]);
const KNOWN_PARTS: readonly string[] = [
  ...text.shape.type.options,
  ...[image, file, refusal, audio, encrypted].map(({ shape }) => shape.type.value),
];

/** All that is still to come, or broken: what becomes of it depends on whether it is history. `other` is our own word for it. */
const otherPart = z
  .object({ type: z.literal('other'), part: z.record(z.string(), z.unknown()) })
  .meta(anyTypeBut(KNOWN_PARTS));

const part = z.preprocess(
  withOther,
  z.discriminatedUnion('type', [text, image, file, refusal, audio, encrypted, otherPart]),
);

function withOther(value: unknown): unknown {
  if (!isJsonObject(value) || typeof value['type'] !== 'string') return value;
  return KNOWN_PARTS.includes(value['type']) && isWhole(value) ? value : { type: 'other', part: value };
}

/** True for a part of a known type that has what it needs. */
function isWhole({ type, text: words, refusal: refused, image_url: image }: JsonObject): boolean {
  switch (type) {
    case 'refusal':
      return typeof refused === 'string';
    case 'input_image':
      return (
        image == null ||
        typeof image === 'string' ||
        (isJsonObject(image) && typeof image['url'] === 'string')
      );
    case 'input_file':
    case 'input_audio':
    case 'encrypted_content':
      return true;
    default:
      return typeof words === 'string';
  }
}

/** Flat, other than a chat's `response_format`. */
export const format = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    name: z.string().min(1),
    schema: z.record(z.string(), z.unknown()),
  }),
]);

/** Text, or parts. */
const content = z.union([z.string(), z.array(part)]);

const id = z.string().nullish();
const callId = z.string().min(1);
const name = z.string().min(1);
const namespace = z.string().nullish();

const message = z
  .looseObject({
    id,
    type: z.literal('message'),
    role: z.enum(['assistant', 'system', 'developer', 'user']),
    content: content.nullish(),
  })
  .meta({ required: ['role'] });
const functionCall = z.looseObject({
  id,
  type: z.literal('function_call'),
  call_id: callId,
  name,
  namespace,
  arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
});
/** Some clients send a result as the object that it is. */
const output = z.union([z.string(), z.array(part), z.record(z.string(), z.unknown())]).nullish();
const functionCallOutput = z.looseObject({
  id,
  type: z.literal('function_call_output'),
  call_id: callId,
  output,
});
const customToolCall = z.looseObject({
  id,
  type: z.literal('custom_tool_call'),
  call_id: callId,
  name,
  namespace,
  input: z.string(),
});
const customToolCallOutput = z.looseObject({
  id,
  type: z.literal('custom_tool_call_output'),
  call_id: callId,
  output,
});
/** Thoughts of an earlier turn, with or without a summary, content or id. */
const reasoning = z.looseObject({ id, type: z.literal('reasoning') });
const itemReference = z.looseObject({ type: z.literal('item_reference'), id: z.string().min(1) });
const additionalTools = z.looseObject({
  id,
  type: z.literal('additional_tools'),
  tools: z.array(tool).nullish(),
});
/** A search for tools; one without a `call_id` was OpenAI's own. */
const toolSearchCall = z.looseObject({
  id,
  type: z.literal('tool_search_call'),
  call_id: z.string().nullish(),
  arguments: z.unknown(),
});
const toolSearchOutput = z.looseObject({
  id,
  type: z.literal('tool_search_output'),
  call_id: z.string().nullish(),
  tools: z.array(tool).nullish(),
});
/** The summary of a conversation, sealed; older Codex has the second name for it. */
const compaction = z.looseObject({ id, type: z.literal('compaction'), encrypted_content: z.string() });
/** Asks for one. */
const compactionTrigger = z.looseObject({ id, type: z.literal('compaction_trigger') });
/** What the settings of the request are from here on, in place of its own. */
const configurationUpdate = z.looseObject({
  id,
  type: z.literal('configuration_update'),
  reasoning: z.looseObject({ effort: z.string().nullish() }).nullish(),
  text: z.looseObject({ format: format.nullish() }).nullish(),
});
const sent = [
  message,
  functionCall,
  functionCallOutput,
  customToolCall,
  customToolCallOutput,
  reasoning,
  itemReference,
  additionalTools,
  toolSearchCall,
  toolSearchOutput,
  compaction,
  compactionTrigger,
  configurationUpdate,
] as const;
const KNOWN_TYPES = sent.map((option) => option.shape.type.value);

/**
 * Whatever else a history may hold: hosted tools' calls and outputs, compactions, kinds that are still to come. `other` is
 * our own word for the types that we do not know.
 */
const other = z
  .looseObject({ id, type: z.literal('other'), item: z.record(z.string(), z.unknown()) })
  .meta(anyTypeBut(KNOWN_TYPES));

const known = z.discriminatedUnion('type', [...sent, other]);

export const inputItem = z.preprocess(withType, known);

/** A part of a message or of a tool's output. */
export type InputPart = z.output<typeof part>;
export type InputContent = z.output<typeof content>;
export type InputItem = z.output<typeof inputItem>;
export type ItemOf<Type extends InputItem['type']> = Extract<InputItem, { type: Type }>;

/** A role makes a message of an item without a type, an id alone a reference. */
function withType(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const item: Readonly<Record<string, unknown>> = { ...value };
  const { type } = item;
  if (type == null && item['role'] != null) return { ...item, type: 'message' };
  if (type == null && typeof item['id'] === 'string') return { ...item, type: 'item_reference' };
  if (type === 'compaction_summary') return { ...item, type: 'compaction' };
  if (typeof type !== 'string' || KNOWN_TYPES.some((each) => each === type)) return item;
  return { type: 'other', id: typeof item['id'] === 'string' ? item['id'] : undefined, item };
}
