/** The lines of a streamed `/api/generate` answer (src/http/ollama/README.md, "Generate"). */
import type { StreamEncoder } from '../answer/respond.js';
import type { Envelope } from './envelope.js';
import { LineEncoder, type LineShape } from './line-encoder.js';

const EMPTY_RESPONSE = ',"response":""';
const MORE = ',"done":false}\n';

const GENERATE_LINES: LineShape = {
  text: [',"response":', MORE],
  thinking: [`${EMPTY_RESPONSE},"thinking":`, MORE],
  toolCalls: [`${EMPTY_RESPONSE},"done":false,"tool_calls":`, '}\n'],
  last: [`${EMPTY_RESPONSE},"done":true,`, '}\n'],
};

export function createGenerateEncoder(envelope: Envelope): StreamEncoder {
  return new LineEncoder(GENERATE_LINES, envelope);
}
