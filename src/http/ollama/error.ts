/** Faults as Ollama answers them (src/http/ollama/README.md, "Errors"). */
import type { Fault } from '../../core/fault.js';
import { faultHeaders, statusOf } from '../answer/fault-status.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { jsonAnswer } from './route.js';

/** How Ollama begins what clients look for (src/http/ollama/README.md, "Errors"). */
const TOO_LONG = 'the prompt is longer than the context length currently available to the model';

/** `{"error":"TEXT"}`, but for unknown paths and methods, which Ollama's router answers in plain text. */
export function toError(fault: Fault): WireAnswer {
  const headers = faultHeaders(fault);
  switch (fault.code) {
    case 'not-found':
      return { status: 404, contentType: 'text/plain', body: '404 page not found' };
    case 'method-not-allowed':
      return { status: 405, contentType: 'text/plain', body: '405 method not allowed', headers };
    default:
      return { ...jsonAnswer({ error: toErrorText(fault) }, statusOf(fault.code)), headers };
  }
}

/**
 * The text of an error, whole or within a stream. Ollama names the model as the client wrote it, in single quotes
 * (src/http/ollama/README.md, "Errors").
 */
export function toErrorText(fault: Fault): string {
  if (fault.code === 'model-not-found' && fault.param !== undefined)
    return `model '${fault.param}' not found`;
  if (fault.code === 'context-too-long') return `${TOO_LONG}: ${fault.message}`;
  return fault.message;
}
