/** Refuses what the model lacks according to its card, in OpenAI's words. */
import { Fault } from '../../core/fault.js';
import { type Capability, missingCapabilities, type Model } from '../../core/model.js';
import { neededCapabilities, type TurnRequest } from '../../core/request.js';

/**
 * Throws `bad-request` for probabilities where nobody gives any: an answer without them would be taken for one that has none.
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
