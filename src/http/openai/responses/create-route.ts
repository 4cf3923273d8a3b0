/** `POST /v1/responses`, streamed or whole, and each message of a WebSocket. */
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { rememberEncoded } from '../../../core/encoded-history.js';
import type { Event } from '../../../core/event.js';
import { Fault } from '../../../core/fault.js';
import { foundModel } from '../../../core/model.js';
import { writeNotes, respondStream, respondWhole } from '../../answer/respond.js';
import { firstCallOnly, rewordFaults, withoutReasoning } from '../../answer/turn-filters.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { readRequest } from '../../body/read-request.js';
import { toImageLimits } from '../../body/request-limits.js';
import { clientGone, resolveModel, withCaller } from '../../caller.js';
import type { Clock } from '../../clock.js';
import type { HttpEnv, Route, SurfaceContext } from '../../surface.js';
import { requireCapabilities } from '../require-capabilities.js';
import { requireFew } from '../require-few.js';
import { MessageSocket } from '../../server/message-socket.js';
import type { ResponsesBody } from './body-schema.js';
import { asksForCompaction, createSeal } from './compaction.js';
import type { ConnectionStores } from './connection-store.js';
import { openWebSocket } from './open-web-socket.js';
import { reasoningForm } from './open-items.js';
import type { CreateId } from './output-item.js';
import { READ_MESSAGE, READ_RESPONSE, type ReadResponse } from './read-response.js';
import { type ResolvedInput, resolveInput } from './resolve-input.js';
import { collectResponse, type ResponsePlan } from './response-builder.js';
import { inProgress, type ResponseObject } from './response-object.js';
import { ResponseStream } from './response-stream.js';
import { type KeptResponses, type ResponseStore, toStoredItem } from './store.js';
import { askOffLoop, TO_ENCODED_TURN } from './to-turn-request.js';
import type { ToolNames } from './tool-names.js';

export function createRoute(
  context: SurfaceContext,
  store: ResponseStore,
  connections: ConnectionStores,
): Route {
  const { settings } = context;
  return {
    methods: ['GET', 'POST'],
    path: '/v1/responses',
    handle: async (c) => {
      if (c.req.method === 'GET') return openWebSocket(c, settings);
      const { incoming, outgoing } = c.env;
      const message = incoming.socket instanceof MessageSocket ? incoming.socket : undefined;
      const reader = message ? READ_MESSAGE : READ_RESPONSE;
      const whole = await readRequest(c, settings, reader, toImageLimits(settings));
      if (whole === undefined) return new Response(null, { status: 204 });
      const { body } = whole;
      const ofKey = store.of(c.get('keyId'));
      const kept = message ? connections.of(message.channel, ofKey) : ofKey;
      // What may be gone on from by its id: on a connection all that it made itself.
      const isKept = body.store !== false || message !== undefined;
      const { turn, plan, own } = await openResponse(c, context, { ...whole, kept, isKept });
      const keep = async (response: ResponseObject) => {
        if (!isKept) return;
        await kept.keep({ response, input: own.map((item) => toStoredItem(item, createId)) });
      };
      if (body.stream) return respondStream(c, context.streams, turn, new ResponseStream(plan, keep));
      const response = await collectResponse(turn, plan, (batch) => writeNotes(outgoing, batch));
      await keep(response);
      return respondWhole(c, WireAnswer.json(response));
    },
  };
}

interface AskedResponse extends ReadResponse {
  readonly kept: KeptResponses;
  readonly isKept: boolean;
}

interface OpenResponse extends ResolvedInput {
  readonly turn: AsyncIterable<readonly Event[]>;
  readonly plan: ResponsePlan;
}

/** The turn that a response is made of, and how it is written. Rejects with whatever refuses it. */
export async function openResponse(
  c: Context<HttpEnv>,
  context: SurfaceContext,
  { body, turn: read, kept, isKept }: AskedResponse,
): Promise<OpenResponse> {
  const { settings, turns, mesh, clock } = context;
  const gone = clientGone(c);
  const limits = toImageLimits(settings);
  const seal = createSeal(context.secret, c.get('keyId'));
  const resolvedInput = await resolveInput(body, kept, seal);
  const { context: items, own, chain } = resolvedInput;
  const isCompaction = asksForCompaction(own);
  const input = { model: body.model, body, items, limits };
  const { request, names, encoded } = read ?? (await askOffLoop(TO_ENCODED_TURN, input, gone));
  if (encoded !== undefined) rememberEncoded(request.messages, encoded);
  const resolved = await resolveModel(c, mesh, request.model);
  const truncate = body.truncation === 'auto';
  const plan = { ...toPlan(body, names, clock), seal: isCompaction ? seal.seal : undefined };
  const naming = chain === undefined ? {} : { sessionHint: chain };
  const named = !isKept ? naming : { ...naming, nextSessionHint: chain ?? plan.start.id };
  const turnRequest = await withCaller(c, context, 'openai', request, { truncate, resolved, ...named }, body);
  // Those in namespaces and in the history too.
  const tools = Math.max((body.tools ?? []).length, request.tools.length);
  requireFew({ messages: items.length, tools, turns: request.messages }, settings, 'input');
  requireCapabilities(request, foundModel(resolved), 'input');
  if (body.generate === false && resolved instanceof Fault) throw resolved;
  const events = body.generate === false ? unanswered() : turns.turn(turnRequest, gone);
  return { ...resolvedInput, turn: filterTurn(events, body), plan };
}

function toPlan(body: ResponsesBody, names: ToolNames, clock: Clock): ResponsePlan {
  const createdAt = Math.floor(clock.now() / 1000);
  return {
    start: inProgress({ id: createId('resp'), createdAt, model: body.model }, body),
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

/** What stands for a turn that is not wanted: its end, which takes no tokens. */
async function* unanswered(): AsyncGenerator<readonly Event[]> {
  const usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };
  yield [{ type: 'finish', reason: 'stop', usage }];
}

/** The turn without what its request does not want, its faults in the names of this route's fields. */
function filterTurn(
  turn: AsyncIterable<readonly Event[]>,
  { parallel_tool_calls, reasoning }: ResponsesBody,
): AsyncIterable<readonly Event[]> {
  let filtered = turn;
  if (parallel_tool_calls === false) filtered = firstCallOnly(filtered);
  if (reasoning?.effort === 'none') filtered = withoutReasoning(filtered);
  return rewordFaults(filtered, { conversation: 'input', format: 'text.format' });
}

/** The prefix, and random letters and digits. */
export const createId: CreateId = (prefix) => `${prefix}_${randomUUID().replaceAll('-', '')}`;
