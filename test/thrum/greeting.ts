/** The shortest request that there is, and where its conversation begins. */
import type { TurnRequest } from '../../src/core/request.js';
import { originOf } from '../../src/thrum/sessions/history-digest.js';

export const request: TurnRequest = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  tools: [],
  sampling: {},
};

export const origin = originOf(request, 'm');
