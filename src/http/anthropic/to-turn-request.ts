/** From the body of a request to the turn that it asks for. */
import type { AnswerFormat, Message, TurnRequest } from '../../core/request.js';
import { rightsBeside } from '../../core/rights.js';
import type { ImageLimits } from '../body/request-limits.js';
import type { TurnBody } from './schema.js';
import { joinParagraphs } from './paragraphs.js';
import { joinTexts, toMessages } from './to-messages.js';
import { toSampling } from './to-sampling.js';
import { toTools } from './to-tools.js';
import { toMembers } from './toolsets.js';

/**
 * Throws `bad-request` for what the schema cannot see: bad images, stray tool blocks, a choice of no tool.
 * @param limits what is taken of images
 * @param members of the toolsets in `body`
 */
export function toTurnRequest(
  body: TurnBody,
  limits: ImageLimits,
  members = toMembers(body.tools ?? []),
): TurnRequest {
  const { system: spoken, messages } = toMessages(body.messages, limits, members);
  const system = joinParagraphs([joinTexts(body.system ?? []), spoken]);
  const { tools, choice, instruction, isOneByOne } = toTools(body, body.messages, members);
  const format = toFormat(body);
  return {
    model: body.model,
    ...(messages.length > 0
      ? withSystem([system, instruction], messages)
      : withSystem([instruction], [ask(system)])),
    tools,
    sampling: {
      ...toSampling(body),
      ...(choice !== undefined ? { toolChoice: choice } : {}),
      ...(isOneByOne ? { parallelToolCalls: false } : {}),
    },
    ...(format ? { format } : {}),
    ...rightsBeside((body.tools ?? []).length, tools),
  };
}

function withSystem(texts: readonly (string | undefined)[], messages: readonly Message[]) {
  const system = joinParagraphs(texts);
  return system === '' ? { messages } : { system, messages };
}

/** A prompt needs words of a user: system messages alone become those. */
function ask(text: string): Message {
  return { role: 'user', content: text === '' ? [] : [{ type: 'text', text }] };
}

function toFormat({ output_config, stream }: TurnBody): AnswerFormat | undefined {
  const format = output_config?.format;
  return format ? { schema: format.schema, delivery: stream ? 'streamed' : 'whole' } : undefined;
}
