/** Refuses what a model's card says that it cannot do, in Anthropic's words. */
import { Fault } from '../../core/fault.js';
import { type Capability, missingCapabilities, type Model } from '../../core/model.js';
import { neededCapabilities, type TurnRequest } from '../../core/request.js';

/** What Anthropic calls them. */
const WORDS: Readonly<Partial<Record<Capability, string>>> = {
  completion: 'messages',
  vision: 'image input',
};

/** Throws `bad-request` for the first thing that `request` needs and the model cannot do. */
export function requireCapabilities(request: TurnRequest, model: Model | undefined): void {
  const [missing] = missingCapabilities(model, neededCapabilities(request));
  if (missing === undefined) return;
  throw new Fault('bad-request', `'${request.model}' does not support ${WORDS[missing] ?? missing}.`);
}
