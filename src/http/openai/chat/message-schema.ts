/** What the messages of a chat must look like (src/http/openai/README.md, "Messages"). */
import { z } from 'zod';
import { Fault } from '../../../core/fault.js';
import { isJsonObject, type JsonObject } from '../../../core/json-object.js';
import { anyTypeBut } from '../../route-docs.js';
import { toFault, toParam } from '../validate.js';

/** `text` of all three kinds is text; clients mix the parts of the chat and the Responses API. */
const textPart = z.object({ type: z.enum(['text', 'input_text', 'output_text']), text: z.string() });
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.union([z.string(), z.object({ url: z.string() })]),
});
const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() });
/** What the model thought in an earlier turn. */
const thinkingPart = z.object({ type: z.literal('thinking') });

const KNOWN = ['text', 'input_text', 'output_text', 'image_url', 'refusal', 'thinking'];
const known = [textPart, imagePart, refusalPart, thinkingPart] as const;

/** Files, sound, and all that is still to come: what becomes of it depends on whether it is history. */
const otherPart = z
  .object({ type: z.literal('other'), part: z.record(z.string(), z.unknown()) })
  .meta(anyTypeBut(KNOWN));

/** True for a part of another type than those that have schemas, and for one that is not what its schema says. */
function isOtherPart(value: unknown): value is JsonObject {
  if (!isJsonObject(value) || typeof value['type'] !== 'string') return false;
  return !KNOWN.includes(value['type']) || !isWhole(value);
}

/** True for a part of a known type that has what it needs. */
function isWhole({ type, text, refusal, image_url: image }: JsonObject): boolean {
  switch (type) {
    case 'image_url':
      return typeof image === 'string' || (isJsonObject(image) && typeof image['url'] === 'string');
    case 'refusal':
      return typeof refusal === 'string';
    case 'thinking':
      return true;
    default:
      return typeof text === 'string';
  }
}

function passOthers(value: unknown): unknown {
  return isOtherPart(value) ? { type: 'other', part: value } : value;
}

const part = z.preprocess(passOthers, z.discriminatedUnion('type', [...known, otherPart]));

/** Kinds of parts that OpenAI takes and no worker does, and what is in them. */
const REFUSED_PARTS: ReadonlyMap<unknown, string> = new Map([
  ['input_audio', 'Audio'],
  ['file', 'Files'],
  ['video_url', 'Videos'],
  ['audio_url', 'Audio'],
]);

/** True for a part that a server behind a worker may read all the same. */
export function isForServers({ type }: JsonObject): boolean {
  return REFUSED_PARTS.has(type);
}

/** What is wrong with a part of another type, in OpenAI's words. @param path where it stands in the request */
export function refusePart(value: JsonObject, path: readonly PropertyKey[]): Fault {
  const { type } = value;
  const what = REFUSED_PARTS.get(type);
  if (what !== undefined) {
    const message = `Unsupported content part: '${String(type)}'. ${what} cannot be given to a model here; send text or images.`;
    return new Fault('bad-request', message, { param: toParam(path), reason: 'unsupported_value' });
  }
  const { error } = z.discriminatedUnion('type', known).safeParse(value, { reportInput: true });
  return toFault((error?.issues ?? []).map((issue) => ({ ...issue, path: [...path, ...issue.path] })));
}

const parts = z.array(part);
const content = z.union([z.string(), parts]);

/** Some clients send a tool's result as the object that it is: it becomes its JSON text. */
const toolContent = z.union([
  z.string(),
  parts,
  z.record(z.string(), z.unknown()).transform((result) => JSON.stringify(result)),
]);

/** JSON text, or (tolerated) the object that it stands for. */
const callArguments = z.union([
  z.string(),
  z.record(z.string(), z.unknown()).transform((input) => JSON.stringify(input)),
]);
const calledFunction = z.object({ name: z.string().min(1), arguments: callArguments.nullish() });
/** A call of a custom tool has free text; to the worker that is a function of one text. */
const toolCall = z.preprocess(
  fromCustomCall,
  z.object({ id: z.string().nullish(), function: calledFunction }),
);

function fromCustomCall(value: unknown): unknown {
  if (!isJsonObject(value) || 'function' in value || !isJsonObject(value['custom'])) return value;
  const { name, input } = value['custom'];
  return { ...value, function: { name, arguments: JSON.stringify({ input: input ?? '' }) } };
}

/** The order of the roles is that of OpenAI's message for an unknown one. */
export const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content: content.nullish() }),
  z.object({
    role: z.literal('assistant'),
    content: content.nullish(),
    refusal: z.string().nullish(),
    /** What the model thought, under the names that clients give back. */
    reasoning_content: z.unknown().optional(),
    reasoning: z.unknown().optional(),
    audio: z.unknown().optional(),
    tool_calls: z.array(toolCall).nullish(),
    function_call: calledFunction.nullish(),
  }),
  z.object({ role: z.literal('user'), content: content.nullish() }),
  z.object({ role: z.literal('function'), name: z.string(), content: toolContent.nullish() }),
  z.object({
    role: z.literal('tool'),
    content: toolContent.nullish(),
    tool_call_id: z.string().nullish(),
    name: z.string().nullish(),
  }),
  z.object({ role: z.literal('developer'), content: content.nullish() }),
]);

export type ChatMessage = z.output<typeof message>;
export type MessageOf<Role extends ChatMessage['role']> = Extract<ChatMessage, { role: Role }>;
/** The content of any message, as the schema leaves it. */
export type ChatContent = z.output<typeof content> | null | undefined;
export type CalledFunction = z.output<typeof calledFunction>;
