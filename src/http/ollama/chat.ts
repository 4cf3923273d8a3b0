/** In what `POST /api/chat` differs from the other inference route. */
import { Fault } from '../../core/fault.js';
import type { InferenceRoute } from './inference.js';
import { CHAT_LINES } from './line-encoder.js';
import type { ChatBody } from './schema.js';
import { chatToTurnRequest } from './to-turn-request.js';
import { wholeChatAnswer } from './whole.js';

export const CHAT: InferenceRoute<ChatBody> = {
  activity: 'chat',
  lines: CHAT_LINES,
  emptyAnswer: { message: { role: 'assistant', content: '' } },
  toWhole: wholeChatAnswer,
  nameless: () => new Fault('bad-request', 'model is required'),
  hasInput: ({ messages }) => (messages ?? []).length > 0,
  needs: ({ tools }) => ((tools ?? []).length > 0 ? ['tools'] : []),
  carriesContext: () => false,
  toolCount: ({ tools }) => (tools ?? []).length,
  imagesOf: ({ messages }) => (messages ?? []).map((message) => message?.images),
  imagesField: (index) => `messages[${index}].images`,
  toTurnRequest: chatToTurnRequest,
};
