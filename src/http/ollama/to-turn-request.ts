/** The bodies of the inference routes as a turn of a conversation. Pure. */
import { Fault } from '../../core/fault.js';
import type { TurnRequest } from '../../core/request.js';
import { toAnswerFormat } from './answer-format.js';
import { toFillInPrompt } from './fill-in-middle.js';
import { type ImageLimits, toImageParts } from './images.js';
import { unpackContext } from './packed-context.js';
import { toReasoningEffort } from './reasoning-effort.js';
import { toSampling } from './sampling.js';
import type { ChatBody, GenerateBody } from './schema.js';
import { toContent, toHistory } from './to-messages.js';
import { toTools } from './to-tools.js';

/**
 * `body` has at least one message. Throws `bad-request` for options, a format or a `think` that Ollama refuses.
 * @param model the name to ask for
 */
export function chatToTurnRequest(body: ChatBody, limits: ImageLimits, model: string): TurnRequest {
  const { system, messages } = toHistory(body.messages ?? [], limits);
  const { sampling, format, truncate } = settingsOf(body);
  return { model, system, messages, tools: toTools(body.tools), sampling, format, truncate };
}

/**
 * The prompt is the conversation's last message; with a `suffix` it asks for the text between the two, and the system
 * text is not used. What the `context` of an earlier answer carries stands before it; `template` says nothing to hum. Throws `bad-request` as chat
 * does, and for `raw` with what it excludes.
 */
export function generateToTurnRequest(body: GenerateBody, limits: ImageLimits, model: string): TurnRequest {
  if (body.raw && (body.template || body.system || (body.context ?? []).length > 0)) {
    throw new Fault('bad-request', 'raw mode does not support template, system, or context');
  }
  const prompt = body.suffix ? toFillInPrompt(body.prompt ?? '', body.suffix) : body.prompt;
  const content = toContent(prompt, toImageParts(body.images, 'images', limits));
  const { sampling, format, truncate } = settingsOf(body);
  return {
    model,
    system: body.suffix ? undefined : body.system || undefined,
    messages: [...unpackContext(body.context ?? []), { role: 'user', content }],
    tools: [],
    sampling,
    format,
    truncate,
  };
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
