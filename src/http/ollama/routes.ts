/** Every native route of Ollama's (spec/ollama.md §1), in one table. */
import type { Route, WireAnswer } from '../surface.js';
import { answerMe, answerSignout } from './account.js';
import { answerBlob } from './blobs.js';
import { answerChat } from './chat.js';
import { CLOUD_STATUS, cloudFeature, NO_RECOMMENDATIONS } from './cloud.js';
import type { OllamaContext } from './context.js';
import { answerCopy } from './copy.js';
import { answerCreate } from './create.js';
import { answerDelete } from './delete.js';
import { answerEmbed } from './embed.js';
import { embedBody, embeddingsBody } from './embed-schema.js';
import { answerEmbeddings } from './embeddings.js';
import { answerGenerate } from './generate.js';
import { jsonAnswer } from './json-answer.js';
import { copyBody, createBody, deleteBody, pullBody, pushBody, showBody } from './management-schema.js';
import { psAnswer } from './ps.js';
import { answerPull } from './pull.js';
import { answerPush } from './push.js';
import { route, withBody } from './route.js';
import { chatBody, generateBody } from './schema.js';
import { answerShow } from './show.js';
import { tagsAnswer } from './tags.js';

/** `HEAD /` and `GET /` are how clients see that a server is there. */
const RUNNING: WireAnswer = {
  status: 200,
  contentType: 'text/plain; charset=utf-8',
  body: 'Ollama is running',
};

export function ollamaRoutes(context: OllamaContext): readonly Route[] {
  const { conversation, modifiedAt, version, maxBodyBytes } = context;
  return [
    route(['GET', 'HEAD'], '/', () => RUNNING),
    route(['GET', 'HEAD'], '/api/version', () => jsonAnswer({ version })),
    route(['GET', 'HEAD'], '/api/tags', () => tagsAnswer(conversation.models(), modifiedAt)),
    route(['GET'], '/api/ps', () => psAnswer(context)),
    route(['GET'], '/api/status', () => CLOUD_STATUS),

    route(['POST'], '/api/chat', withBody(context, chatBody, answerChat)),
    route(['POST'], '/api/generate', withBody(context, generateBody, answerGenerate)),
    route(['POST'], '/api/embed', withBody(context, embedBody, answerEmbed)),
    route(['POST'], '/api/embeddings', withBody(context, embeddingsBody, answerEmbeddings)),

    route(['POST'], '/api/show', withBody(context, showBody, answerShow)),
    route(['POST'], '/api/pull', withBody(context, pullBody, answerPull)),
    route(['POST'], '/api/push', withBody(context, pushBody, answerPush)),
    route(['POST'], '/api/create', withBody(context, createBody, answerCreate)),
    route(['POST'], '/api/copy', withBody(context, copyBody, answerCopy)),
    route(['DELETE'], '/api/delete', withBody(context, deleteBody, answerDelete)),
    route(['POST', 'HEAD'], '/api/blobs/:digest', answerBlob),

    route(['POST'], '/api/me', answerMe),
    route(['POST'], '/api/signout', answerSignout),
    route(['DELETE'], '/api/user/keys/:encodedKey', answerSignout),
    route(['POST'], '/api/experimental/web_search', cloudFeature('web search', maxBodyBytes)),
    route(['POST'], '/api/experimental/web_fetch', cloudFeature('web fetch', maxBodyBytes)),
    route(['GET'], '/api/experimental/model-recommendations', () => NO_RECOMMENDATIONS),
  ];
}
