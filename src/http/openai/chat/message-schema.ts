/** What the messages of a chat must look like (src/http/openai/README.md, "Messages"). */
import { z } from 'zod';

/** `text` of all three kinds is text; clients mix the parts of the chat and the Responses API. */
const textPart = z.object({ type: z.enum(['text', 'input_text', 'output_text']), text: z.string() });
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.union([z.string(), z.object({ url: z.string() })]),
});
const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() });
/** What the model thought in an earlier turn. */
const thinkingPart = z.object({ type: z.literal('thinking') });

/** Kinds of parts that OpenAI takes and no worker does, and what is in them. */
const REFUSED_PARTS: ReadonlyMap<unknown, string> = new Map([
  ['input_audio', 'Audio'],
  ['file', 'Files'],
  ['video_url', 'Videos'],
]);

const part = z
  .unknown()
  .superRefine((value, context) => {
    const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
    const what = REFUSED_PARTS.get(type);
    if (what === undefined) return;
    context.addIssue({
      code: 'custom',
      message: `Unsupported content part: '${String(type)}'. ${what} cannot be given to a model here; send text or images.`,
      params: { reason: 'unsupported_value' },
    });
  })
  .pipe(z.discriminatedUnion('type', [textPart, imagePart, refusalPart, thinkingPart]));

const instructionContent = z.union([
  z.string(),
  z.array(z.discriminatedUnion('type', [textPart, refusalPart])),
]);
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
const toolCall = z.object({ id: z.string().nullish(), function: calledFunction });

/** The order of the roles is that of OpenAI's message for an unknown one. */
export const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content: instructionContent.nullish() }),
  z.object({
    role: z.literal('assistant'),
    content: content.nullish(),
    refusal: z.string().nullish(),
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
  z.object({ role: z.literal('developer'), content: instructionContent.nullish() }),
]);

export type ChatMessage = z.output<typeof message>;
export type MessageOf<Role extends ChatMessage['role']> = Extract<ChatMessage, { role: Role }>;
/** The content of any message, as the schema leaves it. */
export type ChatContent = z.output<typeof content> | null | undefined;
export type CalledFunction = z.output<typeof calledFunction>;
