/** Every route that answers with a turn, over the three surfaces. */
import { anthropicMessages } from './anthropic-route.js';
import { ollamaChat, ollamaGenerate } from './ollama-routes.js';
import { openaiChat, openaiCompletion } from './openai-routes.js';
import { openaiResponses } from './responses-route.js';
import type { LoadRoute } from './route.js';

export const ROUTES: readonly LoadRoute[] = [
  ollamaChat,
  ollamaGenerate,
  openaiChat,
  openaiCompletion,
  openaiResponses,
  anthropicMessages,
];

export const TOOL_ROUTES: readonly LoadRoute[] = ROUTES.filter(({ canCallTools }) => canCallTools);
