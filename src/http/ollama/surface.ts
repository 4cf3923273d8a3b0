/** Ollama's native API, as clients of a real Ollama server expect it. */
import { respondWhole } from '../respond.js';
import type { Handler, Surface, SurfaceContext, WireAnswer } from '../surface.js';
import { handleChat } from './chat.js';
import { createdAt } from './envelope.js';
import { toError } from './error.js';
import { handleGenerate } from './generate.js';
import { jsonAnswer } from './json-answer.js';
import { tagsAnswer } from './tags.js';

/** `HEAD /` and `GET /` are how clients see that a server is there. */
const RUNNING: WireAnswer = {
  status: 200,
  contentType: 'text/plain; charset=utf-8',
  body: 'Ollama is running',
};

/** Words the errors of every path that is not OpenAI's. */
export function createOllamaSurface(context: SurfaceContext): Surface {
  const { conversation, clock, version } = context;
  const startedAt = createdAt(clock.now());
  return {
    owns: (path) => path !== '/v1' && !path.startsWith('/v1/'),
    acceptsTrailingSlash: false,
    routes: [
      { methods: ['GET', 'HEAD'], path: '/', handle: answerWith(() => RUNNING) },
      { methods: ['GET', 'HEAD'], path: '/api/version', handle: answerWith(() => jsonAnswer({ version })) },
      {
        methods: ['GET', 'HEAD'],
        path: '/api/tags',
        handle: answerWith(() => tagsAnswer(conversation.models(), startedAt)),
      },
      { methods: ['POST'], path: '/api/chat', handle: handleChat(context) },
      { methods: ['POST'], path: '/api/generate', handle: handleGenerate(context) },
    ],
    toError,
  };
}

/** A route without input. */
function answerWith(answer: () => WireAnswer): Handler {
  return (c) => respondWhole(c, answer());
}
