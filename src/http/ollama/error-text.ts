/** What a fault says in an Ollama error, whole or within a stream. */
import type { Fault } from '../../conversation/fault.js';

/** Ollama names the model as the client wrote it, in single quotes (spec/ollama.md §5). */
export function toErrorText(fault: Fault): string {
  if (fault.code === 'model-not-found' && fault.param !== undefined)
    return `model '${fault.param}' not found`;
  return fault.message;
}
