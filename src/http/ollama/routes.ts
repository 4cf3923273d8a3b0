/** Every native route of Ollama's (src/http/ollama/README.md, "Routes"), in one table. */
import type { WireAnswer } from '../answer/wire-answer.js';
import type { Route } from '../surface.js';
import { answerMe, answerSignout } from './account.js';
import { answerBlob } from './blobs.js';
import { answerChat } from './chat.js';
import { CLOUD_STATUS, cloudFeature, NO_RECOMMENDATIONS } from './cloud.js';
import type { OllamaContext } from './context.js';
import { answerCopy } from './copy.js';
import { answerCreate } from './create.js';
import { answerDelete } from './delete.js';
import { answerEmbed } from './embed.js';
import { answerEmbeddings } from './embeddings.js';
import { answerGenerate } from './generate.js';
import { jsonAnswer } from './json-answer.js';
import { psAnswer } from './ps.js';
import { answerPull } from './pull.js';
import { answerPush } from './push.js';
import { READERS } from './read-body.js';
import { route, withBody } from './route.js';
import { answerShow } from './show.js';
import { tagsAnswer } from './tags.js';

/** `HEAD /` and `GET /` are how clients see that a server is there. */
const RUNNING: WireAnswer = {
  status: 200,
  contentType: 'text/plain; charset=utf-8',
  body: 'Ollama is running',
};

export function ollamaRoutes(context: OllamaContext): readonly Route[] {
  const { settings, conversation, modifiedAt } = context;
  return [
    route(['GET', 'HEAD'], '/', () => RUNNING),
    route(['GET', 'HEAD'], '/api/version', () => jsonAnswer({ version: settings.version })),
    route(['GET', 'HEAD'], '/api/tags', () => tagsAnswer(conversation.models(), modifiedAt)),
    route(['GET'], '/api/ps', () => psAnswer(context)),
    route(['GET'], '/api/status', () => CLOUD_STATUS),

    route(['POST'], '/api/chat', withBody(context, READERS.chat, answerChat)),
    route(['POST'], '/api/generate', withBody(context, READERS.generate, answerGenerate)),
    route(['POST'], '/api/embed', withBody(context, READERS.embed, answerEmbed)),
    route(['POST'], '/api/embeddings', withBody(context, READERS.embeddings, answerEmbeddings)),

    route(['POST'], '/api/show', withBody(context, READERS.show, answerShow)),
    route(['POST'], '/api/pull', withBody(context, READERS.pull, answerPull)),
    route(['POST'], '/api/push', withBody(context, READERS.push, answerPush)),
    route(['POST'], '/api/create', withBody(context, READERS.create, answerCreate)),
    route(['POST'], '/api/copy', withBody(context, READERS.copy, answerCopy)),
    route(['DELETE'], '/api/delete', withBody(context, READERS.delete, answerDelete)),
    route(['POST', 'HEAD'], '/api/blobs/:digest', answerBlob),

    route(['POST'], '/api/me', answerMe),
    route(['POST'], '/api/signout', answerSignout),
    route(['DELETE'], '/api/user/keys/:encodedKey', answerSignout),
    route(['POST'], '/api/experimental/web_search', cloudFeature('web search', settings)),
    route(['POST'], '/api/experimental/web_fetch', cloudFeature('web fetch', settings)),
    route(['GET'], '/api/experimental/model-recommendations', () => NO_RECOMMENDATIONS),
  ];
}
