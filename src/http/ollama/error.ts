/** Faults as Ollama answers them (src/http/ollama/README.md, "Errors"). */
import type { Fault } from '../../core/fault.js';
import { faultHeaders, statusOf } from '../answer/fault-status.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { toErrorText } from './error-text.js';
import { jsonAnswer } from './json-answer.js';

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
