/** Refuses requests that hold too much, and those that need what their model lacks according to its card, in OpenAI's words. */
import { Fault } from '../../core/fault.js';
import { type Capability, missingCapabilities, type Model } from '../../core/model.js';
import { type Message, neededCapabilities, type TurnRequest } from '../../core/request.js';
import { countAskedImages, type CountLimits, findExcess } from '../body/request-limits.js';

/**
 * Throws `bad-request` for probabilities where no worker gives any: an answer without them would be taken for one that has none.
 * @param param the field that asks for them
 */
export function requireNoLogprobs(asked: unknown, model: Model | undefined, param = 'logprobs'): void {
  if (asked == null || asked === false || asked === 0) return;
  if (model?.profile?.accepts.has('request') === true) return;
  const message = `Unsupported parameter: '${param}'. No worker of this model gives probabilities of tokens.`;
  throw new Fault('bad-request', message, { param, reason: 'unsupported_parameter' });
}

/**
 * Throws `bad-request` for the first thing that `request` needs and the model cannot do.
 * @param conversation the field that holds the conversation
 */
export function requireCapabilities(
  request: TurnRequest,
  model: Model | undefined,
  conversation: 'messages' | 'input' | 'prompt',
): void {
  const [missing] = missingCapabilities(model, neededCapabilities(request));
  if (missing !== undefined) throw toFault(missing, request.model, conversation);
}

function toFault(missing: Capability, model: string, conversation: string): Fault {
  switch (missing) {
    case 'vision':
      return new Fault('bad-request', `The model '${model}' does not support images.`, {
        param: conversation,
        reason: 'unsupported_value',
      });
    case 'completion':
      return new Fault('bad-request', `The model '${model}' does not generate text.`, {
        param: 'model',
        reason: 'unsupported_value',
      });
    default:
      return new Fault(
        'bad-request',
        `Unsupported parameter: '${missing}' is not supported with this model.`,
        {
          param: missing,
          reason: 'unsupported_parameter',
        },
      );
  }
}

/** What a body holds. */
export interface BodyCounts {
  /** Or items. */
  readonly messages: number;
  readonly tools: number;
  /** What was made of it. */
  readonly turns: readonly Message[];
}

/** Throws `bad-request`. @param field where the messages are, and the images with them */
export function requireFew(
  { messages, tools, turns }: BodyCounts,
  limits: CountLimits,
  field = 'messages',
): void {
  const excess = findExcess({ messages, tools, images: countAskedImages(turns) }, limits);
  if (excess === undefined) return;
  const param = excess.of === 'tools' ? 'tools' : field;
  const what = excess.of === 'images' ? 'too many images' : 'array too long';
  const expected =
    excess.of === 'images'
      ? `at most ${excess.limit} images`
      : `an array with maximum length ${excess.limit}`;
  const got = excess.of === 'images' ? `${excess.count}` : `an array with length ${excess.count}`;
  throw new Fault(
    'bad-request',
    `Invalid '${param}': ${what}. Expected ${expected}, but got ${got} instead.`,
    {
      param,
      reason: 'array_above_max_length',
    },
  );
}
