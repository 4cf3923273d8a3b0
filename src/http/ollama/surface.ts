/** Ollama's native API, as clients of a real Ollama server expect it. */
import { toTimestamp } from '../../core/timestamp.js';
import type { Task } from '../../threads/task.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import type { BodyInput } from '../body/decode-body.js';
import type { Route, Surface, SurfaceContext } from '../surface.js';
import { answerEmbed, answerEmbeddings } from './embed.js';
import { toError } from './error.js';
import { CHAT, GENERATE, inference } from './inference.js';
import { LoadedModels, toDefaultKeepAliveMs } from './keep-alive.js';
import { psAnswer, tagsAnswer } from './model-lists.js';
import {
  answerBlob,
  answerCloudStatus,
  answerCopy,
  answerCreate,
  answerDelete,
  answerMe,
  answerPull,
  answerPush,
  answerRecommendations,
  answerSignout,
  cloudFeature,
} from './not-here.js';
import { READERS } from './read-body.js';
import { type BodyAnswering, bodyRoute, jsonAnswer, type OllamaContext, route } from './route.js';
import { answerShow } from './show.js';

/** Words the errors of every path that is not OpenAI's. */
export function createOllamaSurface(context: SurfaceContext): Surface {
  const { clock, settings } = context;
  const defaultMs = () => toDefaultKeepAliveMs(settings.keepAlive);
  const modifiedAt = toTimestamp(clock.now());
  return {
    name: 'ollama',
    owns: (path) => path !== '/v1' && !path.startsWith('/v1/'),
    acceptsUncleanPaths: false,
    routes: ollamaRoutes({ ...context, modifiedAt, loaded: new LoadedModels(clock, defaultMs) }),
    docs: async () => (await import('./docs/routes.js')).OLLAMA_DOCS,
    toError,
  };
}

/** `HEAD /` and `GET /` are how clients see that a server is there. */
const RUNNING: WireAnswer = {
  status: 200,
  contentType: 'text/plain; charset=utf-8',
  body: 'Ollama is running',
};

/** Every native route of Ollama's (src/http/ollama/README.md, "Routes"). */
function ollamaRoutes(context: OllamaContext): readonly Route[] {
  const { settings, mesh, modifiedAt } = context;
  const post = <Body>(path: string, reader: Task<BodyInput, Body>, answer: BodyAnswering<Body>) =>
    bodyRoute(context, ['POST'], path, reader, answer);
  return [
    route(['GET', 'HEAD'], '/', () => RUNNING),
    route(['GET', 'HEAD'], '/api/version', () => jsonAnswer({ version: settings.version })),
    route(['GET', 'HEAD'], '/api/tags', () => tagsAnswer(mesh.models(), modifiedAt)),
    route(['GET'], '/api/ps', () => psAnswer(context)),
    route(['GET'], '/api/status', answerCloudStatus),

    post('/api/chat', READERS.chat, inference(CHAT)),
    post('/api/generate', READERS.generate, inference(GENERATE)),
    post('/api/embed', READERS.embed, answerEmbed),
    post('/api/embeddings', READERS.embeddings, answerEmbeddings),

    post('/api/show', READERS.show, answerShow),
    post('/api/pull', READERS.pull, answerPull),
    post('/api/push', READERS.push, answerPush),
    post('/api/create', READERS.create, answerCreate),
    post('/api/copy', READERS.copy, answerCopy),
    bodyRoute(context, ['DELETE'], '/api/delete', READERS.delete, answerDelete),
    route(['POST', 'HEAD'], '/api/blobs/:digest', answerBlob),

    route(['POST'], '/api/me', answerMe),
    route(['POST'], '/api/signout', answerSignout),
    route(['DELETE'], '/api/user/keys/:encodedKey', answerSignout),
    route(['POST'], '/api/experimental/web_search', cloudFeature('web search', settings)),
    route(['POST'], '/api/experimental/web_fetch', cloudFeature('web fetch', settings)),
    route(['GET'], '/api/experimental/model-recommendations', answerRecommendations),
  ];
}
