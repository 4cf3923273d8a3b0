/** What a fault says in an Ollama error, whole or within a stream. */
import type { Fault } from '../../core/fault.js';

/** How Ollama begins what clients look for (src/http/ollama/README.md, "Errors"). */
const TOO_LONG = 'the prompt is longer than the context length currently available to the model';

/** Ollama names the model as the client wrote it, in single quotes (src/http/ollama/README.md, "Errors"). */
export function toErrorText(fault: Fault): string {
  if (fault.code === 'model-not-found' && fault.param !== undefined)
    return `model '${fault.param}' not found`;
  if (fault.code === 'context-too-long') return `${TOO_LONG}: ${fault.message}`;
  return fault.message;
}
