/** What went wrong, from a tone that says so. */
import { Fault } from '../../core/fault.js';
import { modelNotFound } from '../../core/model.js';
import type { Tone } from '../link/tone-codec.js';

const UNKNOWN_MODEL = /^no worker bee advertises model\b/;

/**
 * The fault that an `error` tone stands for (src/thrum/README.md, "Errors"). `asked` is the model's name as the client wrote
 * it.
 */
export function toFault(tone: Tone, asked: string): Fault {
  const message = typeof tone['message'] === 'string' ? tone['message'] : '';
  if (UNKNOWN_MODEL.test(message)) return modelNotFound(asked);
  switch (tone['code']) {
    case 'budget':
      return new Fault('budget-refused', message || 'the budget for this hive is used up');
    case 402:
    case '402':
      return new Fault('payment-required', message || 'the worker wants to be paid first');
    default:
      return new Fault('worker-error', message || 'the worker failed without saying why');
  }
}
