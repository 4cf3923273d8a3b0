/** The bodies of the inference routes as a turn of a conversation. Pure. */
import { Fault } from '../../conversation/fault.js';
import type { Sampling, TurnRequest } from '../../conversation/request.js';
import { toImageParts } from './images.js';
import { toReasoningEffort } from './reasoning-effort.js';
import { toSampling } from './sampling.js';
import type { ChatBody, GenerateBody } from './schema.js';
import { withTag } from './tagged-name.js';
import { toContent, toHistory } from './to-messages.js';
import { toTools } from './to-tools.js';

/** In this one text Ollama spells a model's name out. */
const FULL_NAME = 'registry.ollama.ai/library/';

/** `body` has at least one message. Throws `bad-request` for options or a `think` that Ollama refuses. */
export function chatToTurnRequest(body: ChatBody): TurnRequest {
  return {
    model: body.model ?? '',
    ...toHistory(body.messages ?? []),
    tools: toTools(body.tools),
    sampling: samplingOf(body),
  };
}

/**
 * The prompt is the conversation's only message. Throws `bad-request` for options or a `think` that Ollama refuses, for
 * `raw` with what it excludes, and for a `suffix`: no model here can fill in the middle.
 */
export function generateToTurnRequest(body: GenerateBody): TurnRequest {
  if (body.raw && (body.template || body.system || (body.context ?? []).length > 0)) {
    throw new Fault('bad-request', 'raw mode does not support template, system, or context');
  }
  if (body.suffix)
    throw new Fault('bad-request', `${FULL_NAME}${withTag(body.model ?? '')} does not support insert`);
  return {
    model: body.model ?? '',
    ...(body.system ? { system: body.system } : {}),
    messages: [{ role: 'user', content: toContent(body.prompt, toImageParts(body.images)) }],
    tools: [],
    sampling: samplingOf(body),
  };
}

function samplingOf(body: ChatBody | GenerateBody): Sampling {
  const reasoningEffort = toReasoningEffort(body.think);
  const sampling = toSampling(body.options);
  return reasoningEffort === undefined ? sampling : { ...sampling, reasoningEffort };
}
