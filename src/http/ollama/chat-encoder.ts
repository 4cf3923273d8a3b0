/** The lines of a streamed `/api/chat` answer (src/http/ollama/README.md, "Chat"). */
import type { StreamEncoder } from '../answer/respond.js';
import type { Envelope } from './envelope.js';
import { LineEncoder, type LineShape } from './line-encoder.js';

const EMPTY_MESSAGE = ',"message":{"role":"assistant","content":""';
const MORE = '},"done":false}\n';

const CHAT_LINES: LineShape = {
  text: [',"message":{"role":"assistant","content":', MORE],
  thinking: [`${EMPTY_MESSAGE},"thinking":`, MORE],
  toolCalls: [`${EMPTY_MESSAGE},"tool_calls":`, MORE],
  last: [`${EMPTY_MESSAGE}},"done":true,`, '}\n'],
};

export function createChatEncoder(envelope: Envelope): StreamEncoder {
  return new LineEncoder(CHAT_LINES, envelope);
}
