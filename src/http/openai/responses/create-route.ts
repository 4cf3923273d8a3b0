/** `POST /v1/responses`, streamed or whole, and each message of a WebSocket. */
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { TurnSignal } from '../../../core/abort.js';
import { rememberEncoded } from '../../../core/encoded-history.js';
import type { Event } from '../../../core/event.js';
import { Fault } from '../../../core/fault.js';
import { foundModel } from '../../../core/model.js';
import type { TurnRequest } from '../../../core/request.js';
import { respondJson } from '../../answer/respond-json.js';
import { ALREADY_SENT, respondStream, respondTexts, respondWhole, writeNotes } from '../../answer/respond.js';
import { firstCallOnly, rewordFaults, withoutReasoning } from '../../answer/turn-filters.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { readRequest } from '../../body/read-request.js';
import { toImageLimits } from '../../body/request-limits.js';
import { clientGone, clientOf, resolveModel, withCaller } from '../../caller.js';
import type { Clock } from '../../clock.js';
import { MessageSocket } from '../../server/message-socket.js';
import { acceptWebSocket, isWebSocketRequest } from '../../server/upgrade.js';
import type { HttpEnv, Route, SurfaceContext, SurfaceSettings } from '../../surface.js';
import { toError } from '../error.js';
import { requireCapabilities, requireFew, requireNoLogprobs } from '../requirements.js';
import type { BackgroundResponse, BackgroundResponses } from './background.js';
import type { ResponsesBody } from './body-schema.js';
import { asksForCompaction, createSeal } from './compaction.js';
import {
  type ConnectionStores,
  type KeptResponses,
  type ResponseStore,
  type StoredItem,
  toStoredItem,
} from './store.js';
import type { Conversations, EnteredConversation, StoredConversation } from './conversations.js';
import type { KeptEvents } from './kept-events.js';
import { reasoningForm } from './open-items.js';
import type { CreateId } from './output-item.js';
import { READ_MESSAGE, READ_RESPONSE, type ReadResponse } from './read-response.js';
import { type ResolvedInput, resolveInput } from './resolve-input.js';
import { collectResponse, type ResponsePlan } from './response-builder.js';
import { inProgress, type ResponseObject } from './response-object.js';
import { RESPONSE_EVENTS, ResponseStream } from './response-stream.js';
import { askOffLoop, TO_ENCODED_TURN } from './to-turn-request.js';
import type { ToolNames } from './tool-names.js';

/** Where responses are while they are made and afterwards. */
export interface Responses {
  readonly store: ResponseStore;
  readonly connections: ConnectionStores;
  readonly background: BackgroundResponses;
  readonly events: KeptEvents;
  readonly conversations: Conversations;
}

export function createRoute(context: SurfaceContext, responses: Responses): Route {
  const { settings, streams } = context;
  const { store, connections, background, events, conversations } = responses;
  return {
    methods: ['GET', 'POST'],
    path: '/v1/responses',
    handle: async (c) => {
      if (c.req.method === 'GET') return openWebSocket(c, settings);
      const { incoming } = c.env;
      const message = incoming.socket instanceof MessageSocket ? incoming.socket : undefined;
      const reader = message ? READ_MESSAGE : READ_RESPONSE;
      const whole = await readRequest(c, settings, reader, toImageLimits(settings));
      if (whole === undefined) return new Response(null, { status: 204 });
      const { body } = whole;
      const keyId = c.get('keyId');
      const ofKey = store.of(keyId);
      const kept = message ? connections.of(message.channel, ofKey) : ofKey;
      // What may be gone on from by its id: on a connection all that it made itself.
      const isKept = body.store !== false || message !== undefined;
      const entered = body.conversation == null ? undefined : await conversations.enter(keyId, body);
      const asked = { ...whole, kept, isKept, entered, conversation: entered?.conversation };
      const answer = body.background ? respondInBackground(c, asked) : respond(c, asked);
      return entered === undefined || body.background ? answer : answer.finally(entered.leave);
    },
  };

  async function respond(c: Context<HttpEnv>, asked: AskedResponse): Promise<Response> {
    const { body, isKept } = asked;
    const { run, plan, own } = await openResponse(c, context, asked);
    const turn = run(clientGone(c));
    const log = body.stream && body.store !== false ? events.open(c.get('keyId'), plan.start.id) : undefined;
    const keep = async (response: ResponseObject) => {
      if (isKept)
        await keepResponse(
          asked,
          response,
          own.map((item) => toStoredItem(item, createId)),
        );
      // A client is told its id before its end.
      if (log?.isDeleted) await asked.kept.delete(response.id);
      asked.entered?.leave();
    };
    if (body.stream) {
      const stream = new ResponseStream(plan, keep, log);
      return respondStream(c, streams, turn, stream).finally(() => stream.close());
    }
    const response = await collectResponse(turn, plan, (batch) => writeNotes(c.env.outgoing, batch));
    await keep(response);
    return respondJson(c, response).catch(afterPrompt);
  }

  /** The response as it begins, or its events; the client may leave. */
  async function respondInBackground(c: Context<HttpEnv>, asked: AskedResponse): Promise<Response> {
    const { body, entered } = asked;
    let response: BackgroundResponse;
    try {
      if (body.store === false) throw notStored();
      background.requireRoom();
      const createResponseId = () => background.toId(createId);
      const { run, plan, own } = await openResponse(c, context, { ...asked, createResponseId });
      const input = own.map((item) => toStoredItem(item, createId));
      response = background.start({
        keyId: c.get('keyId'),
        client: clientOf(c),
        plan,
        input,
        keep: (made) => keepResponse(asked, made, input),
        ended: () => entered?.leave(),
        turn: run,
      });
    } catch (error) {
      entered?.leave();
      throw error;
    }
    if (!body.stream) return respondWhole(c, WireAnswer.json(response.stored.response));
    return respondTexts(c, streams, RESPONSE_EVENTS, response.log.follow(-1, clientGone(c)));
  }
}

async function keepResponse(
  { body, kept, entered, inputWeight }: AskedResponse,
  response: ResponseObject,
  input: readonly StoredItem[],
): Promise<void> {
  // What is referred to has a weight of its own.
  const isAsSent = Array.isArray(body.input) && !body.input.some(({ type }) => type === 'item_reference');
  await kept.keep({ response, input, ...(isAsSent ? { inputWeight } : {}) });
  if (body.store !== false && (response.status === 'completed' || response.status === 'incomplete'))
    await entered?.add([...input, ...response.output]);
}

interface AskedResponse extends ReadResponse {
  readonly kept: KeptResponses;
  readonly isKept: boolean;
  readonly entered?: EnteredConversation | undefined;
  readonly conversation: StoredConversation | undefined;
  /** For a response whose id says more than that it is one. */
  readonly createResponseId?: () => string;
}

interface OpenResponse extends ResolvedInput {
  /**
   * The turn that it is made of; it begins when it is first asked for a batch, and ends with the signal. To be called once.
   * @param onSent called when it goes out
   */
  readonly run: (signal: TurnSignal, onSent?: () => void) => AsyncIterable<readonly Event[]>;
  readonly plan: ResponsePlan;
}

/** How a response is made, and how it is written. Rejects with whatever refuses it. */
export async function openResponse(
  c: Context<HttpEnv>,
  context: SurfaceContext,
  {
    body,
    furtherSettings,
    turn: read,
    kept,
    isKept,
    conversation,
    createResponseId = () => createId('resp'),
  }: AskedResponse,
): Promise<OpenResponse> {
  const { settings, turns, mesh, clock } = context;
  const gone = clientGone(c);
  const limits = toImageLimits(settings);
  const seal = createSeal(context.secret, c.get('keyId'));
  const resolvedInput = await resolveInput(body, kept, seal, conversation);
  const { context: items, own, chain } = resolvedInput;
  const isCompaction = asksForCompaction(own);
  const input = { model: body.model, body, items, limits };
  const { request, names, encoded } = read ?? (await askOffLoop(TO_ENCODED_TURN, input, gone));
  if (encoded !== undefined) rememberEncoded(request.messages, encoded);
  const resolved = await resolveModel(c, mesh, request.model);
  const truncate = body.truncation === 'auto';
  const plan = {
    ...toPlan(createResponseId(), body, names, clock),
    seal: isCompaction ? seal.seal : undefined,
  };
  const naming = chain === undefined ? {} : { sessionHint: chain };
  const named = !isKept ? naming : { ...naming, nextSessionHint: chain ?? plan.start.id };
  const turnRequest = await withCaller(
    c,
    context,
    'openai',
    request,
    { truncate, resolved, furtherSettings, readsRanTools: !isCompaction, ...named },
    body,
  );
  // Those in namespaces and in the history too.
  const tools = Math.max((body.tools ?? []).length, request.tools.length);
  requireFew({ messages: items.length, tools, turns: request.messages }, settings, 'input');
  requireCapabilities(request, foundModel(resolved), 'input');
  if (request.sampling.topLogprobs !== undefined)
    requireNoLogprobs(true, foundModel(resolved), body.top_logprobs ? 'top_logprobs' : 'include');
  // No turn tells of it, or no client waits for what it tells.
  if ((body.generate === false || body.background) && resolved instanceof Fault) throw resolved;
  const run = (signal: TurnSignal, onSent?: () => void) => {
    const request = onSent === undefined ? turnRequest : { ...turnRequest, onSent };
    return filterTurn(body.generate === false ? unanswered() : turns.turn(request, signal), request, body);
  };
  return { ...resolvedInput, run, plan };
}

function toPlan(id: string, body: ResponsesBody, names: ToolNames, clock: Clock): ResponsePlan {
  const createdAt = Math.floor(clock.now() / 1000);
  return {
    start: inProgress({ id, createdAt, model: body.model }, body),
    names,
    reasoning: {
      form: reasoningForm(body),
      withEncrypted: body.include?.includes('reasoning.encrypted_content') ?? false,
    },
    createId,
    isUnanswered: body.generate === false,
    now: () => clock.now(),
  };
}

function notStored(): Fault {
  const message =
    "Invalid 'background': a response that is made in the background has to be stored, and 'store' is false.";
  return new Fault('bad-request', message, { param: 'background', reason: 'invalid_value' });
}

/** What stands for a turn that is not wanted: its end, which takes no tokens. */
async function* unanswered(): AsyncGenerator<readonly Event[]> {
  const usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };
  yield [{ type: 'finish', reason: 'stop', usage }];
}

/** The turn without what its request does not want, its faults in the names of this route's fields. */
function filterTurn(
  turn: AsyncIterable<readonly Event[]>,
  { sampling }: TurnRequest,
  { parallel_tool_calls }: ResponsesBody,
): AsyncIterable<readonly Event[]> {
  let filtered = turn;
  if (parallel_tool_calls === false) filtered = firstCallOnly(filtered);
  if (sampling.reasoningEffort === 'none') filtered = withoutReasoning(filtered);
  return rewordFaults(filtered, { conversation: 'input', format: 'text.format' });
}

/** The prefix, and random letters and digits. */
export const createId: CreateId = (prefix) => `${prefix}_${randomUUID().replaceAll('-', '')}`;

/**
 * `GET /v1/responses`: a WebSocket of which each message is a response to make, as by `POST` (src/http/openai/README.md, "WebSocket").
 * Throws `method-not-allowed` for a request that asks for none.
 */
function openWebSocket(c: Context<HttpEnv>, { webSockets }: SurfaceSettings): Response {
  const { incoming } = c.env;
  if (webSockets && acceptWebSocket(incoming)) return ALREADY_SENT;
  if (!isWebSocketRequest(incoming))
    throw new Fault('method-not-allowed', 'method not allowed', { allow: ['POST'] });
  // Codex goes on by HTTP at once after this status, and tries others for seconds.
  const fault = new Fault('not-found', 'WebSockets are switched off here. Use POST.', { param: '' });
  return respondWhole(c, { ...toError(fault), status: 426, headers: { upgrade: 'HTTP/1.1' } });
}

/** The response has cost a prompt, whatever keeps it from being sent. */
function afterPrompt(error: unknown): never {
  throw error instanceof Fault ? error.with({ afterPrompt: true }) : error;
}
