/** From the body of a chat completion to the turn that it asks for. */
import type { TurnRequest } from '../../conversation/request.js';
import type { ChatBody } from './schema.js';
import { toMessages } from './to-messages.js';
import { toSampling } from './to-sampling.js';
import { toTools } from './to-tools.js';

/** Throws `bad-request` for an image that is none and for a `tool_choice` that cannot be made. */
export function toTurnRequest(body: ChatBody): TurnRequest {
  const { system, messages } = toMessages(body.messages);
  const { tools, choice } = toTools(body);
  const parallelToolCalls = tools.length > 0 ? body.parallel_tool_calls : undefined;
  return {
    model: body.model,
    ...(system !== '' ? { system } : {}),
    messages,
    tools,
    sampling: {
      ...toSampling(body),
      ...(choice !== undefined ? { toolChoice: choice } : {}),
      ...(parallelToolCalls != null ? { parallelToolCalls } : {}),
    },
  };
}
