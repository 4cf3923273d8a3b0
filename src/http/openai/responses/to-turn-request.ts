/** From the body of a response, its references resolved, to the turn that it asks for. */
import { Fault } from '../../../core/fault.js';
import type { AnswerFormat, TurnRequest } from '../../../core/request.js';
import { defineTask } from '../../../threads/task.js';
import type { ImageLimits } from '../../body/image-limits.js';
import type { ResponsesFields } from './body-schema.js';
import { type PlacedItem, toMessages } from './to-messages.js';
import { toSampling } from './to-sampling.js';
import { toTools } from './to-tools.js';
import type { ToolNames } from './tool-names.js';

export interface ResponseTurn {
  readonly request: TurnRequest;
  readonly names: ToolNames;
}

export interface ResponseQuestion {
  readonly model: string;
  readonly body: ResponsesFields;
  /** The whole context: what earlier responses hold, then the input. */
  readonly items: readonly PlacedItem[];
  /** What is taken of images. */
  readonly limits: ImageLimits;
}

/** Throws `bad-request` where the context holds nothing to answer, and for content and choices that cannot be passed on. */
export function toTurnRequest({ model, body, items, limits }: ResponseQuestion): ResponseTurn {
  const { system, messages } = toMessages(items, limits);
  const additional = items.flatMap(({ item }) =>
    item.type === 'additional_tools' ? (item.tools ?? []) : [],
  );
  const { tools, names, choice, instruction } = toTools(
    [...(body.tools ?? []), ...additional],
    body.tool_choice,
  );
  const parallelToolCalls = tools.length > 0 ? body.parallel_tool_calls : undefined;
  const format = toFormat(body);
  const request: TurnRequest = {
    model,
    ...asked([body.instructions, system], messages, instruction),
    tools,
    sampling: {
      ...toSampling(body),
      ...(choice !== undefined ? { toolChoice: choice } : {}),
      ...(parallelToolCalls != null ? { parallelToolCalls } : {}),
    },
    ...(format ? { format } : {}),
  };
  return { request, names };
}

export const TO_TURN_REQUEST = defineTask(import.meta.url, 'toTurnRequest', toTurnRequest);

/** Instructions alone are answered, too; a prompt needs words of a user, so they become those. */
function asked(
  instructions: readonly (string | null | undefined)[],
  messages: TurnRequest['messages'],
  instruction: string | undefined,
): Pick<TurnRequest, 'system' | 'messages'> {
  const text = paragraphs(instructions);
  if (messages.length > 0) {
    const system = paragraphs([text, instruction]);
    return { ...(system !== '' ? { system } : {}), messages };
  }
  if (text !== '') {
    const question = { role: 'user', content: [{ type: 'text', text }] } as const;
    return { ...(instruction ? { system: instruction } : {}), messages: [question] };
  }
  const message = "Invalid 'input': it holds nothing to answer. Expected a text, or at least one message.";
  throw new Fault('bad-request', message, { param: 'input', reason: 'empty_array' });
}

function paragraphs(texts: readonly (string | null | undefined)[]): string {
  return texts.filter(Boolean).join('\n\n');
}

function toFormat({ text, stream }: ResponsesFields): AnswerFormat | undefined {
  const delivery = stream ? 'streamed' : 'whole';
  switch (text?.format?.type) {
    case 'json_object':
      return { schema: undefined, delivery };
    case 'json_schema':
      return { schema: text.format.schema, delivery };
    default:
      return undefined;
  }
}
