/** The bodies of the inference routes as a turn of a conversation. Pure. */
import { Fault } from '../../core/fault.js';
import {
  type AnswerFormat,
  joinParagraphs,
  type Message,
  openQuestionIndex,
  type Part,
  type Tool,
  type ToolCall,
  type TurnRequest,
} from '../../core/request.js';
import { withoutNulls } from '../../core/schema-nulls.js';
import { rightsBeside } from '../../core/rights.js';
import { type ImageLimits, toImageParts } from './images.js';
import { unpackContext } from './packed-context.js';
import { toReasoningEffort, toSampling } from './sampling.js';
import { speakerOf, type ChatBody, type ChatMessage, type ChatTool, type GenerateBody } from './schema.js';

/** So much of a wrong format is repeated. */
const MAX_QUOTED_CHARACTERS = 256;

/** Asks for the text between a prompt and its `suffix`: hum has no field for that, so the prompt contains the task. */
const FILL_IN =
  'Write the text that belongs between BEFORE and AFTER. Reply with that text and nothing else.';

const NO_IMAGES: readonly Part[] = [];
const NO_PARAMETERS = { type: 'object', properties: {} };

export interface History {
  readonly system?: string;
  readonly messages: readonly Message[];
}

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
 * Splits `messages` (at least one; `null` is an empty one) into the system text, which is that of the leading system messages, and the
 * turns, where later ones stay in their place. A history of nothing but system messages, which Ollama's models complete as it stands,
 * becomes the user message that hum needs. Images of a leading system message are left out: a hum prompt has no place for them. Throws
 * `bad-request` for an image of the last question that is too large; an earlier one becomes a line of text.
 */
function toHistory(messages: readonly (ChatMessage | null | undefined)[], limits: ImageLimits): History {
  const system: string[] = [];
  const turns: Message[] = [];
  const asked = openQuestionIndex(messages, speakerOf);
  for (const [index, message] of messages.entries()) {
    const role = message?.role?.toLowerCase();
    const images = message?.images
      ? toImageParts(message.images, `messages[${index}].images`, limits, index === asked)
      : NO_IMAGES;
    if (role !== 'system' && role !== 'developer') turns.push(toTurn(role, message ?? {}, images));
    else if (turns.length === 0) system.push(message?.content ?? '');
    else turns.push(...toSystemTurn(toContent(message?.content, images)));
  }
  const systemText = joinParagraphs(system);
  if (turns.length === 0) return { messages: [{ role: 'user', content: toContent(systemText, []) }] };
  return systemText === '' ? { messages: turns } : { system: systemText, messages: turns };
}

/** An empty one says nothing. */
function toSystemTurn(content: readonly Part[]): readonly Message[] {
  return content.length === 0 ? [] : [{ role: 'system', content }];
}

/** Ollama checks no role: one that is unknown is the user's. */
function toTurn(role: string | undefined, message: ChatMessage, images: readonly Part[]): Message {
  const content = toContent(message.content, images);
  switch (role) {
    case 'assistant': {
      const { thinking: reasoning } = message;
      return { role, content, toolCalls: toToolCalls(message), ...(reasoning ? { reasoning } : {}) };
    }
    case 'tool':
      return {
        role,
        content,
        ...(message.tool_call_id ? { toolCallId: message.tool_call_id } : {}),
        ...(message.tool_name ? { toolName: message.tool_name } : {}),
      };
    default:
      return { role: 'user', content };
  }
}

/** Images come first, as in the prompts that Ollama makes. No text at all is no part. */
function toContent(text: string | null | undefined, images: readonly Part[]): readonly Part[] {
  return text == null || text === '' ? images : [...images, { type: 'text', text }];
}

function toToolCalls(message: ChatMessage): readonly ToolCall[] {
  return (message.tool_calls ?? [])
    .filter((call) => call != null)
    .map((call) => ({
      ...(call.id ? { id: call.id } : {}),
      name: call.function?.name ?? '',
      input: JSON.stringify(call.function?.arguments ?? {}),
    }));
}

/**
 * The prompt is the conversation's last message; with a `suffix` it asks for the text between the two, and the system text
 * is not used. What the `context` of an earlier answer carries stands before it; `template` has no effect. Throws
 * `bad-request` as chat does.
 */
export function generateToTurnRequest(body: GenerateBody, limits: ImageLimits, model: string): TurnRequest {
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
  const images = body.images ? toImageParts(body.images, 'images', limits) : NO_IMAGES;
  const content = toContent(prompt, images);
  return [...unpackContext(body.context ?? []), { role: 'user', content }];
}

function settingsOf(body: ChatBody | GenerateBody) {
  const reasoningEffort = body.think == null ? undefined : toReasoningEffort(body.think);
  const sampling = body.options == null ? {} : toSampling(body.options);
  const logprobs = body.logprobs === true ? { topLogprobs: body.top_logprobs ?? 0 } : undefined;
  return {
    sampling:
      reasoningEffort === undefined && logprobs === undefined
        ? sampling
        : { ...(reasoningEffort === undefined ? {} : { reasoningEffort }), ...sampling, ...logprobs },
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
function toTools(tools: readonly (ChatTool | null | undefined)[] | null | undefined): readonly Tool[] {
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

/** Go's clients write `null` for what they leave unset (`properties`, `required`). */
function toInputSchema(
  parameters: Readonly<Record<string, unknown>> | null | undefined,
): Tool['inputSchema'] {
  return parameters == null ? NO_PARAMETERS : withoutNulls(parameters);
}
