/** `POST /api/chat`. */
import { Fault } from '../../core/fault.js';
import type { Capability } from '../../core/model.js';
import { createChatEncoder } from './chat-encoder.js';
import type { OllamaContext } from './context.js';
import { hasImages } from './images.js';
import { answerInference, type InferenceRoute } from './inference.js';
import { EMPTY_MESSAGE } from './load-answer.js';
import { requireFewInChat } from './require-few.js';
import type { Asked, Reply } from './route.js';
import type { ChatBody } from './schema.js';
import { chatToTurnRequest } from './to-turn-request.js';
import { wholeChatAnswer } from './whole.js';

const CHAT: InferenceRoute<ChatBody> = {
  activity: 'chat',
  shape: { createEncoder: createChatEncoder, toWhole: wholeChatAnswer },
  emptyInput: EMPTY_MESSAGE,
  nameless: () => new Fault('bad-request', 'model is required'),
  hasInput: ({ messages }) => (messages ?? []).length > 0,
  needs,
  requireFew: requireFewInChat,
  carriesContext: () => false,
  toTurnRequest: chatToTurnRequest,
};

export function answerChat(context: OllamaContext, asked: Asked<ChatBody>): Promise<Reply> {
  return answerInference(context, asked, CHAT);
}

function needs({ tools, messages }: ChatBody): readonly Capability[] {
  const needed: Capability[] = [];
  if ((tools ?? []).length > 0) needed.push('tools');
  if ((messages ?? []).some((message) => hasImages(message?.images))) needed.push('vision');
  return needed;
}
