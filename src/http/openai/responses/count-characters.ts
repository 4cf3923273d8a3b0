/** How much a model would be given to read. */
import { render } from '../../../core/render.js';
import { defineTask } from '../../../threads/task.js';
import { type ResponseQuestion, toTurnRequest } from './to-turn-request.js';

/** System, conversation and tools in characters; images do not count. Throws what `toTurnRequest` throws. */
export function countCharacters(question: ResponseQuestion): number {
  const { system = '', messages, tools } = toTurnRequest(question).request;
  const declared = tools.length > 0 ? JSON.stringify(tools) : '';
  return system.length + render(messages).text.length + declared.length;
}

export const COUNT_CHARACTERS = defineTask(import.meta.url, 'countCharacters', countCharacters);
