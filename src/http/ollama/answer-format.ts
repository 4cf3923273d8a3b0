/** Ollama's `format` as the JSON that an answer is to be (src/http/ollama/README.md, "Format"). */
import { Fault } from '../../core/fault.js';
import type { AnswerFormat } from '../../core/request.js';

/** So much of a wrong format is repeated. */
const MAX_QUOTED_CHARACTERS = 256;

/** Undefined where any text will do. Throws `bad-request` for what is neither `"json"` nor a schema. */
export function toAnswerFormat(format: unknown, stream: boolean): AnswerFormat | undefined {
  if (format == null || format === '') return undefined;
  const delivery = stream ? 'streamed' : 'whole';
  if (format === 'json') return { schema: undefined, delivery };
  if (typeof format === 'object' && !Array.isArray(format)) return { schema: { ...format }, delivery };
  // Ollama quotes the JSON text.
  const quoted = JSON.stringify(JSON.stringify(format).slice(0, MAX_QUOTED_CHARACTERS).toWellFormed());
  throw new Fault('bad-request', `invalid format: ${quoted}; expected "json" or a valid JSON Schema object`);
}
