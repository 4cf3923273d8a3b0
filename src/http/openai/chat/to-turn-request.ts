/** From the body of a chat completion to the turn that it asks for. */
import type { Fault } from '../../../core/fault.js';
import type { TurnRequest } from '../../../core/request.js';
import { rightsBeside } from '../../../core/rights.js';
import type { ImageLimits } from '../../body/request-limits.js';
import { toReasoningEffort, toSampling } from '../to-sampling.js';
import { toTools } from '../to-tools.js';
import { withoutFunctions } from './legacy-functions.js';
import { toAnswerFormat } from './response-format.js';
import type { ChatBody } from './schema.js';
import { toMessages } from './to-messages.js';

/**
 * Throws `bad-request` for an image that is none and for a choice of tools that cannot be made.
 * @param limits what is taken of images
 * @param onRefused as of `toMessages`
 */
export function toTurnRequest(
  body: ChatBody,
  limits: ImageLimits,
  onRefused?: (fault: Fault) => void,
): TurnRequest {
  const { system, messages } = toMessages(body.messages, limits, onRefused);
  const { tools, choice, instruction } = toTools(withoutFunctions(body));
  const parallelToolCalls = tools.length > 0 ? body.parallel_tool_calls : undefined;
  const reasoningEffort = toReasoningEffort(body);
  const format = toAnswerFormat(body.response_format, body.stream === true);
  const systemPrompt = [system, instruction ?? ''].filter((text) => text !== '').join('\n\n');
  return {
    model: body.model,
    system: systemPrompt === '' ? undefined : systemPrompt,
    messages,
    tools,
    sampling: {
      ...(reasoningEffort !== undefined ? { reasoningEffort } : {}),
      ...(choice !== undefined ? { toolChoice: choice } : {}),
      ...(parallelToolCalls != null ? { parallelToolCalls } : {}),
      ...toSampling(body),
    },
    format,
    ...rightsBeside((body.tools ?? body.functions ?? []).length, tools),
  };
}
