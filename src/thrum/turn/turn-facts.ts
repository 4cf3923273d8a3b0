/** What the reader of a turn has to know of its request. */
import type { TurnRequest } from '../../core/request.js';
import type { TurnFacts } from './tone-reader.js';

const NO_NAMES: ReadonlySet<string> = new Set();

/** `promptCharacters` is what the model is given to read by this request; `limits` says what a client is shown. */
export function toTurnFacts(
  request: TurnRequest,
  promptCharacters: number,
  limits: Pick<TurnFacts, 'showWorkerTools'>,
): TurnFacts {
  return {
    model: request.model,
    toolNames: request.tools.length === 0 ? NO_NAMES : new Set(request.tools.map((tool) => tool.name)),
    promptCharacters,
    showWorkerTools: limits.showWorkerTools,
  };
}
