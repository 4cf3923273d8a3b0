/** The OpenAPI document's description of OpenAI's routes. */
import { json, type RouteDocs, type Shape, type SurfaceDocs } from '../../route-docs.js';
import { completionBody } from '../completions/read-completion.js';
import { embeddingsBody } from '../embeddings/read-embeddings.js';
import { conversationBody, countBody, responsesBody } from '../responses/body-schema.js';
import { chatBody } from '../chat/schema.js';
import {
  CHAT_COMPLETION,
  EMBEDDING_LIST,
  ERROR,
  MODEL,
  DELETED_SESSION,
  MODEL_LIST,
  SESSION_LIST,
  TEXT_COMPLETION,
  USAGE_LIST,
} from './answers.js';
import {
  COMPACTION,
  CONVERSATION,
  DELETED_CONVERSATION,
  DELETED_RESPONSE,
  INPUT_ITEMS,
  INPUT_TOKENS,
  RESPONSE,
} from './response-answers.js';

const EVENTS = 'text/event-stream';

/** Events where `stream` is true. */
function orEvents(shape: Shape): RouteDocs['answers'] {
  return { 200: { ...json(shape), [EVENTS]: 'text' } };
}

/** Each holds something to answer. */
const ANSWERABLE = {
  requiresOneOf: ['input', 'instructions', 'previous_response_id', 'conversation'],
} as const;

export const OPENAI_DOCS: SurfaceDocs = {
  tag: 'OpenAI',
  description:
    "OpenAI's API: chat and text completions, responses, embeddings, models. Null is the same as absent.",
  error: json(ERROR),
  routes: {
    'POST /v1/chat/completions': {
      summary: 'An answer to a conversation.',
      body: { name: 'ChatCompletionRequest', schema: chatBody },
      answers: orEvents(CHAT_COMPLETION),
    },
    'POST /v1/completions': {
      summary: 'Answers to one prompt or several.',
      body: { name: 'CompletionRequest', schema: completionBody, required: ['prompt'] },
      answers: orEvents(TEXT_COMPLETION),
    },
    'POST /v1/embeddings': {
      summary: 'Vectors of one text or several.',
      body: { name: 'EmbeddingsRequest', schema: embeddingsBody, required: ['input'] },
      answers: { 200: json(EMBEDDING_LIST) },
    },
    'GET /v1/models': { summary: 'The models.', answers: { 200: json(MODEL_LIST) } },
    'GET /v1/models/:id{.+}': {
      summary: 'One model; its id may hold slashes.',
      answers: { 200: json(MODEL) },
    },
    'POST /v1/responses': {
      summary: 'A response to an input.',
      body: { name: 'ResponseRequest', schema: responsesBody, ...ANSWERABLE },
      answers: orEvents(RESPONSE),
    },
    'GET /v1/responses': {
      summary: 'A WebSocket: each message is a request for a response, and each event of that comes as one.',
      answers: { 101: {} },
    },
    'POST /v1/responses/compact': {
      summary:
        'A conversation made short: what the user wrote, and a summary that only this server can read.',
      body: { name: 'CompactRequest', schema: responsesBody, ...ANSWERABLE },
      answers: { 200: json(COMPACTION) },
    },
    'POST /v1/responses/input_tokens': {
      summary: 'An estimate of how many tokens an input has.',
      body: { name: 'InputTokensRequest', schema: countBody, ...ANSWERABLE },
      answers: { 200: json(INPUT_TOKENS) },
    },
    'GET /v1/responses/:id': {
      summary: 'A response that is kept, or made in the background.',
      query: {
        stream: '`true`: its events, as long as they are kept.',
        starting_after: 'The number of the last event that is not wanted.',
      },
      answers: orEvents(RESPONSE),
    },
    'DELETE /v1/responses/:id': {
      summary: 'Forgets a response; one that is made in the background is cancelled.',
      answers: { 200: json(DELETED_RESPONSE) },
    },
    'GET /v1/responses/:id/input_items': {
      summary: 'The input of a response that is kept.',
      query: {
        limit: 'From 1 to 100, 20 without it.',
        order: '`asc`, or `desc` without it.',
        after: 'The id of the item after which to begin.',
      },
      answers: { 200: json(INPUT_ITEMS) },
    },
    'POST /v1/responses/:id/cancel': {
      summary: 'Cancels a response that is made in the background; 400 for any other.',
      answers: { 200: json(RESPONSE) },
    },
    'POST /v1/conversations': {
      summary: 'A conversation that responses name and add to.',
      body: { name: 'ConversationRequest', schema: conversationBody },
      answers: { 200: json(CONVERSATION) },
    },
    'GET /v1/conversations/:id': { summary: 'A conversation.', answers: { 200: json(CONVERSATION) } },
    'DELETE /v1/conversations/:id': {
      summary: 'Forgets a conversation; its responses stay.',
      answers: { 200: json(DELETED_CONVERSATION) },
    },
    'POST /v1/conversations/:id': {
      summary: 'Refused with 404: conversations are not changed here.',
      answers: {},
    },
    'GET /v1/usage': {
      summary: 'Turns and tokens by day, key and model: an extension.',
      query: {
        from: 'The first day, in UTC: `2026-11-01`. Today without it.',
        to: 'The last day. Today without it.',
      },
      answers: { 200: json(USAGE_LIST) },
    },
    'GET /v1/hum/sessions': {
      summary: 'The conversations that workers remember for this key, the one used last first: an extension.',
      answers: { 200: json(SESSION_LIST) },
    },
    'DELETE /v1/hum/sessions/:id': {
      summary: 'Forgets a conversation; the record that the worker itself keeps of it stays.',
      answers: { 200: json(DELETED_SESSION) },
    },
  },
};
