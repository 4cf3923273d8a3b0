/** `POST /v1/messages`, and `POST /v1/messages/count_tokens`. */
import type { IncomingMessage } from 'node:http';
import { collect } from '../../core/collect.js';
import { rememberEncoded } from '../../core/encoded-history.js';
import { estimateTokens, inputCharacters } from '../../core/estimate-tokens.js';
import type { Event } from '../../core/event.js';
import { Fault } from '../../core/fault.js';
import {
  type Capability,
  foundModel,
  missingCapabilities,
  type Model,
  requireFound,
} from '../../core/model.js';
import { neededCapabilities, type TurnRequest } from '../../core/request.js';
import { writeNotes, respondStream, respondWhole } from '../answer/respond.js';
import { firstCallOnly } from '../answer/turn-filters.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { readRequest } from '../body/read-request.js';
import { toImageLimits, toRequestLimits } from '../body/request-limits.js';
import { clientGone, resolveModel, withCaller } from '../caller.js';
import type { Handler, Route, SurfaceContext } from '../surface.js';
import { REQUEST_ID_HEADER } from './error.js';
import { MessageEvents } from './message-events.js';
import { createEnvelope, toWholeMessage } from './message.js';
import { READ_COUNT_TOKENS, READ_MESSAGES } from './read-messages.js';

/** What Anthropic calls the capabilities of a model. */
const CAPABILITY_WORDS: Readonly<Partial<Record<Capability, string>>> = {
  completion: 'messages',
  vision: 'image input',
};

export function messagesRoute(context: SurfaceContext): Route {
  const { turns, mesh, streams } = context;
  return {
    methods: ['POST'],
    path: '/v1/messages',
    handle: withRequestId(async (c) => {
      const gone = clientGone(c);
      const limits = toRequestLimits(context.settings);
      const read = await readRequest(c, context.settings, READ_MESSAGES, limits);
      if (read.encoded !== undefined) rememberEncoded(read.request.messages, read.encoded);
      const resolved = await resolveModel(c, mesh, read.request.model);
      requireCapabilities(read.request, foundModel(resolved));
      const beside = {
        resolved,
        furtherSettings: read.furtherSettings,
        isPassedOn: read.stream,
        readsRanTools: readsMcpBlocks(c.env.incoming) || undefined,
      };
      const request = await withCaller(c, context, 'anthropic', read.request, beside, read.naming);
      const envelope = createEnvelope(request.model);
      const inputTokens = estimateTokens(inputCharacters(request));
      const asksNothing = request.sampling.maxTokens === 0;
      if (asksNothing) requireFound(resolved);
      const style = { inputTokens, hidesThinking: read.hidesThinking, members: read.members };
      const events = asksNothing ? nothing(inputTokens) : turns.turn(request, gone);
      const turn = request.sampling.parallelToolCalls === false ? firstCallOnly(events) : events;
      if (read.stream) return respondStream(c, streams, turn, new MessageEvents(envelope, style));
      const message = toWholeMessage(
        await collect(turn, (batch) => writeNotes(c.env.outgoing, batch)),
        envelope,
        style,
      );
      return respondWhole(c, WireAnswer.json(message));
    }),
  };
}

/** Names the betas of a client that knows the blocks of MCP servers' tools: `mcp-client-2025-11-20`. */
const MCP_BETA = /\bmcp-client-\d/;

function readsMcpBlocks({ headers }: IncomingMessage): boolean {
  const betas = headers['anthropic-beta'];
  return betas !== undefined && MCP_BETA.test(String(betas));
}

/** The answer where none is wanted: a client that fills the cache of a model's API. Hum has no such thing to ask for. */
async function* nothing(promptTokens: number): AsyncGenerator<readonly Event[], void, undefined> {
  const usage = { promptTokens, completionTokens: 0, cachedTokens: 0, estimated: true };
  yield [{ type: 'finish', reason: 'length', usage }];
}

/**
 * The count is an estimate from the number of characters, at least 1: there is no tokenizer here, and none on hum to ask.
 * No worker is involved; the usage of a real turn is what the worker reports.
 */
export function countTokensRoute(context: SurfaceContext): Route {
  const { mesh } = context;
  return {
    methods: ['POST'],
    path: '/v1/messages/count_tokens',
    handle: withRequestId(async (c) => {
      const limits = toImageLimits(context.settings);
      const request = await readRequest(c, context.settings, READ_COUNT_TOKENS, limits);
      const model = requireFound(await resolveModel(c, mesh, request.model));
      requireCapabilities(request, model);
      const answer = { input_tokens: estimateTokens(inputCharacters(request)) };
      return respondWhole(c, WireAnswer.json(answer));
    }),
  };
}

/** `handle`, whose answers, streamed or whole, carry the id that the log knows the request by. An error brings its own. */
export function withRequestId(handle: Handler): Handler {
  return (c) => {
    c.env.outgoing.setHeader(REQUEST_ID_HEADER, c.get('requestId'));
    return handle(c);
  };
}

/**
 * Refuses what the model lacks according to its card: throws `bad-request` for the first thing that `request` needs and the
 * model cannot do.
 */
function requireCapabilities(request: TurnRequest, model: Model | undefined): void {
  const [missing] = missingCapabilities(model, neededCapabilities(request));
  if (missing === undefined) return;
  throw new Fault(
    'bad-request',
    `'${request.model}' does not support ${CAPABILITY_WORDS[missing] ?? missing}.`,
  );
}
