/** The shortest request that there is, and where its conversation begins. */
import type { TurnRequest } from '../../src/core/request.js';

export const request: TurnRequest = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  tools: [],
  sampling: {},
};

export const origin = { keyId: undefined, modelId: 'm', system: request.system };
