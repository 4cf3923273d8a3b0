/** The bodies of the inference routes as a turn of a conversation. Pure. */
import { Fault } from '../../core/fault.js';
import type { AnswerFormat, Message, Tool, TurnRequest } from '../../core/request.js';
import { rightsBeside } from '../../core/rights.js';
import { type ImageLimits, toImageParts } from './images.js';
import { unpackContext } from './packed-context.js';
import { toReasoningEffort, toSampling } from './sampling.js';
import type { ChatBody, ChatTool, GenerateBody } from './schema.js';
import { type History, toContent, toHistory } from './to-messages.js';

/** So much of a wrong format is repeated. */
const MAX_QUOTED_CHARACTERS = 256;

/** Asks for the text between a prompt and its `suffix`: hum has no field for that, so the prompt contains the task. */
const FILL_IN =
  'Write the text that belongs between BEFORE and AFTER. Reply with that text and nothing else.';

const NO_PARAMETERS = { type: 'object', properties: {} };

/**
 * `body` has at least one message. Throws `bad-request` for options, a format or a `think` that Ollama refuses.
 * @param model the name to ask for
 */
export function chatToTurnRequest(body: ChatBody, limits: ImageLimits, model: string): TurnRequest {
  const { system, messages } = chatHistory(body, limits);
  const { sampling, format, truncate } = settingsOf(body);
  const tools = toTools(body.tools);
  const rights = rightsBeside((body.tools ?? []).length, tools);
  return { model, system, messages, tools, sampling, format, truncate, ...rights };
}

export function chatHistory(body: ChatBody, limits: ImageLimits): History {
  return toHistory(body.messages ?? [], limits);
}

/**
 * The prompt is the conversation's last message; with a `suffix` it asks for the text between the two, and the system text
 * is not used. What the `context` of an earlier answer carries stands before it; `template` has no effect. Throws
 * `bad-request` as chat does, and for `raw` with what it excludes.
 */
export function generateToTurnRequest(body: GenerateBody, limits: ImageLimits, model: string): TurnRequest {
  if (body.raw && (body.template || body.system || (body.context ?? []).length > 0)) {
    throw new Fault('bad-request', 'raw mode does not support template, system, or context');
  }
  const { sampling, format, truncate } = settingsOf(body);
  return {
    model,
    system: body.suffix ? undefined : body.system || undefined,
    messages: generateMessages(body, limits),
    tools: [],
    sampling,
    format,
    truncate,
  };
}

export function generateMessages(body: GenerateBody, limits: ImageLimits): readonly Message[] {
  const prompt = body.suffix ? toFillInPrompt(body.prompt ?? '', body.suffix) : body.prompt;
  const content = toContent(prompt, toImageParts(body.images, 'images', limits));
  return [...unpackContext(body.context ?? []), { role: 'user', content }];
}

function settingsOf(body: ChatBody | GenerateBody) {
  const reasoningEffort = toReasoningEffort(body.think);
  const sampling = toSampling(body.options);
  return {
    sampling: reasoningEffort === undefined ? sampling : { reasoningEffort, ...sampling },
    format: toAnswerFormat(body.format, body.stream ?? true),
    truncate: body.truncate ?? true,
  };
}

/**
 * Ollama's `format` as the JSON that an answer is to be (src/http/ollama/README.md, "Format"). Undefined where any text will
 * do. Throws `bad-request` for what is neither `"json"` nor a schema.
 */
function toAnswerFormat(format: unknown, stream: boolean): AnswerFormat | undefined {
  if (format == null || format === '') return undefined;
  const delivery = stream ? 'streamed' : 'whole';
  if (format === 'json') return { schema: undefined, delivery };
  if (typeof format === 'object' && !Array.isArray(format)) return { schema: { ...format }, delivery };
  // Ollama quotes the JSON text.
  const quoted = JSON.stringify(JSON.stringify(format).slice(0, MAX_QUOTED_CHARACTERS).toWellFormed());
  throw new Fault('bad-request', `invalid format: ${quoted}; expected "json" or a valid JSON Schema object`);
}

export function toFillInPrompt(before: string, after: string): string {
  return `${FILL_IN}\n\n<BEFORE>${before}</BEFORE>\n<AFTER>${after}</AFTER>`;
}

/**
 * Ollama's tool definitions as the tools that a client offers. A definition without a name can never be called and is left
 * out: workers refuse the whole list for one such entry.
 */
export function toTools(tools: readonly (ChatTool | null | undefined)[] | null | undefined): readonly Tool[] {
  return (tools ?? []).flatMap((tool) => {
    const definition = tool?.function;
    if (!definition?.name) return [];
    return [
      {
        name: definition.name,
        ...(definition.description ? { description: definition.description } : {}),
        inputSchema: toInputSchema(definition.parameters),
      },
    ];
  });
}

/** Go's clients write `null` for what they leave unset (`properties`, `required`); JSON Schema knows no such thing. */
function toInputSchema(
  parameters: Readonly<Record<string, unknown>> | null | undefined,
): Tool['inputSchema'] {
  if (parameters == null) return NO_PARAMETERS;
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null));
}
