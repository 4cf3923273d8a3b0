/** The OpenAPI document's description of Ollama's routes. */
import { json, type RouteDocs, type Shape, type SurfaceDocs } from '../../route-docs.js';
import {
  chatBody,
  copyBody,
  createBody,
  deleteBody,
  embedBody,
  embeddingsBody,
  generateBody,
  pullBody,
  pushBody,
  showBody,
} from '../schema.js';
import {
  CARD,
  CHAT_ANSWER,
  CLOUD,
  ERROR,
  GENERATE_ANSWER,
  PROGRESS,
  RECOMMENDATIONS,
  RUNNING,
  TAGS,
  VECTOR,
  VECTORS,
  VERSION,
} from './answers.js';

const LINES = 'application/x-ndjson';

/** Lines unless `stream` is false; each has the shape of the whole. */
function streamed(shape: Shape): RouteDocs['answers'] {
  return { 200: { [LINES]: shape, ...json(shape) } };
}

const NEEDS_MODEL = { required: ['model'] } as const;

export const OLLAMA_DOCS: SurfaceDocs = {
  tag: 'Ollama',
  description: "Ollama's native API. Keys of requests are read in any case, and null is the same as absent.",
  error: { ...json(ERROR), 'text/plain': 'text' },
  routes: {
    'GET /': { summary: 'Somebody is here.', answers: { 200: { 'text/plain': 'text' } }, isOpen: true },
    'GET /api/version': {
      summary: 'The version of Ollama that this is like.',
      answers: { 200: json(VERSION) },
    },
    'GET /api/tags': { summary: 'The models.', answers: { 200: json(TAGS) } },
    'GET /api/ps': { summary: 'The models that were used lately.', answers: { 200: json(RUNNING) } },
    'GET /api/status': { summary: 'That the cloud is switched off.', answers: { 200: json(CLOUD) } },
    'POST /api/chat': {
      summary: 'An answer to a conversation, streamed unless `stream` is false.',
      body: { name: 'OllamaChatRequest', schema: chatBody, ...NEEDS_MODEL },
      answers: streamed(CHAT_ANSWER),
    },
    'POST /api/generate': {
      summary: 'An answer to a prompt, streamed unless `stream` is false.',
      body: { name: 'OllamaGenerateRequest', schema: generateBody, ...NEEDS_MODEL },
      answers: streamed(GENERATE_ANSWER),
    },
    'POST /api/embed': {
      summary: 'Vectors of one text or several, of length 1.',
      body: { name: 'OllamaEmbedRequest', schema: embedBody, ...NEEDS_MODEL },
      answers: { 200: json(VECTORS) },
    },
    'POST /api/embeddings': {
      summary: 'The vector of one text, as the worker gave it.',
      body: { name: 'OllamaEmbeddingsRequest', schema: embeddingsBody, ...NEEDS_MODEL },
      answers: { 200: json(VECTOR) },
    },
    'POST /api/show': {
      summary: "A model's card. `name` is the older spelling of `model`.",
      body: { name: 'OllamaShowRequest', schema: showBody, ...NEEDS_MODEL },
      answers: { 200: json(CARD) },
    },
    'POST /api/pull': {
      summary: 'The progress of pulling a model that is there.',
      body: { name: 'OllamaPullRequest', schema: pullBody, ...NEEDS_MODEL },
      answers: streamed(PROGRESS),
    },
    'POST /api/push': {
      summary: 'Refused with 501 for a model that there is: models live in hum.',
      body: { name: 'OllamaPushRequest', schema: pushBody, ...NEEDS_MODEL },
      answers: streamed(PROGRESS),
    },
    'POST /api/create': {
      summary: 'Refused with 501: models live in hum.',
      body: { name: 'OllamaCreateRequest', schema: createBody, ...NEEDS_MODEL },
      answers: {},
    },
    'POST /api/copy': {
      summary: 'Refused with 501, but for a model onto itself.',
      body: { name: 'OllamaCopyRequest', schema: copyBody, required: ['source', 'destination'] },
      answers: { 200: {} },
    },
    'DELETE /api/delete': {
      summary: 'Refused with 501: models live in hum.',
      body: { name: 'OllamaDeleteRequest', schema: deleteBody, ...NEEDS_MODEL },
      answers: {},
    },
    'POST /api/blobs/:digest': { summary: 'Refused with 501: no files are taken.', answers: {} },
    'HEAD /api/blobs/:digest': { summary: 'There is no such file, ever.', answers: {} },
    'POST /api/me': { summary: 'Nobody is signed in.', answers: {} },
    'POST /api/signout': { summary: 'Nobody is signed in.', answers: {} },
    'DELETE /api/user/keys/:encodedKey': { summary: 'Nobody is signed in.', answers: {} },
    'POST /api/experimental/web_search': { summary: 'Refused with 403: the cloud is off.', answers: {} },
    'POST /api/experimental/web_fetch': { summary: 'Refused with 403: the cloud is off.', answers: {} },
    'GET /api/experimental/model-recommendations': {
      summary: 'None.',
      answers: { 200: json(RECOMMENDATIONS) },
    },
  },
};
