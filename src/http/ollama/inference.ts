/** `/api/chat` and `/api/generate`: from the body to the turn, or to the answer that needs none, and in what they differ. */
import { type Answer, collect } from '../../core/collect.js';
import { rememberEncoded } from '../../core/encoded-history.js';
import { Fault } from '../../core/fault.js';
import { type Capability, foundModel, mayHave, missingCapabilities, type Model } from '../../core/model.js';
import { render } from '../../core/render.js';
import type { TurnRequest } from '../../core/request.js';
import { toTimestamp } from '../../core/timestamp.js';
import { writeNotes, respondStream } from '../answer/respond.js';
import { withoutReasoning } from '../answer/turn-filters.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { type CountLimits, countImages, findExcess } from '../body/request-limits.js';
import { clientGone, resolveModel, withCaller } from '../caller.js';
import { type Envelope, Timings } from './ending.js';
import { requireResolved, respell, unknownModelFault } from './find-by-name.js';
import type { ImageLimits, Images } from './images.js';
import { toKeepAliveMs } from './keep-alive.js';
import {
  CHAT_LINES,
  GENERATE_LINES,
  LineEncoder,
  type LineShape,
  wholeChatAnswer,
  wholeGenerateAnswer,
} from './answers.js';
import { toFullName } from './model-name.js';
import { packContext } from './packed-context.js';
import type { WithEncoded } from './read-body.js';
import { type BodyRequest, type BodyAnswering, jsonAnswer, type OllamaContext, type Reply } from './route.js';
import { toReasoningEffort } from './sampling.js';
import type { ChatBody, GenerateBody } from './schema.js';
import { chatToTurnRequest, generateToTurnRequest } from './to-turn-request.js';

/** In what the two routes differ. */
interface InferenceRoute<Body> {
  /** What it does with a model that can write at all. */
  readonly activity: 'chat' | 'generate';
  /** The lines of a streamed answer. */
  readonly lines: LineShape;
  /** An answer without text, as one that only loads or unloads the model has it. */
  readonly emptyAnswer: object;
  /** An answer that the model was not asked for. */
  readonly notAsked: object;
  toWhole(answer: Answer, envelope: Envelope): WireAnswer;
  /** What to say of a request that names no model. */
  nameless(): Fault;
  /** False for a request that only loads or unloads the model. */
  hasInput(body: Body): boolean;
  /** Throws `bad-request` for fields that exclude each other, whether the model is only to be loaded or not. */
  requireConsistent(body: Body): void;
  /** What the model must be able to do for this request, besides writing, thinking and seeing. */
  needs(body: Body): readonly Capability[];
  /** True if the answer is to end with the conversation for the client to carry along. */
  carriesContext(body: Body): boolean;
  toolCount(body: Body): number;
  /** The images of each message. */
  imagesOf(body: Body): readonly Images[];
  /** Those of the last message of the user. */
  questionImages(body: Body): Images;
  /** Where the images of a message stand in the body. @param index of the message */
  imagesField(index: number): string;
  /** Pure; throws `bad-request` for what no model could answer. @param model the name to ask for */
  toTurnRequest(body: Body, limits: ImageLimits, model: string): TurnRequest;
}

const MAX_TOP_LOGPROBS = 20;

/** What answers the requests of `route`. */
export function inference<Body extends WithEncoded<ChatBody | GenerateBody>>(
  route: InferenceRoute<Body>,
): BodyAnswering<Body> {
  return (context, requested) => answerInference(route, context, requested);
}

/**
 * Streams unless the body's `stream` is false: Ollama's default. Rejects with a fault until the status is sent. The
 * checks stand in Ollama's order.
 */
async function answerInference<Body extends WithEncoded<ChatBody | GenerateBody>>(
  route: InferenceRoute<Body>,
  context: OllamaContext,
  { body, c, arrivedAt }: BodyRequest<Body>,
): Promise<Reply> {
  const { turns, mesh, clock, loaded, settings, streams } = context;
  const gone = clientGone(c);
  const keepAliveMs = body.keep_alive == null ? undefined : toKeepAliveMs(body.keep_alive);
  const effort = body.think == null ? undefined : toReasoningEffort(body.think);
  requireTopLogprobsInRange(body.top_logprobs);
  if (!body.model) throw route.nameless();
  const name = body.model;
  const words = { notFound: `model '${name}' not found` };
  const wanted: Capability[] = [...route.needs(body)];
  if (countOf(route.questionImages(body)) > 0) wanted.push('vision');
  if (effort !== undefined && effort !== 'none') wanted.push('thinking');

  const resolved = await resolveModel(c, mesh, name, respell);
  if (!route.hasInput(body)) {
    const model = requireResolved(mesh, name, resolved, words);
    const isUnload = keepAliveMs === 0;
    if (isUnload) loaded.unload(model);
    else {
      route.requireConsistent(body);
      requireCapabilities(name, model, route.activity, wanted);
      loaded.use(model, keepAliveMs)();
    }
    return loadAnswer(name, clock.now(), isUnload ? 'unload' : 'load', route.emptyAnswer);
  }

  const model = foundModel(resolved);
  route.requireConsistent(body);
  requireCapabilities(name, model, route.activity, wanted);
  const imageCounts = route.imagesOf(body).map(countOf);
  requireFew(body, route, imageCounts, settings);
  const bare = route.toTurnRequest(body, settings, model?.id ?? name);
  if (body._debug_render_only) return renderedAnswer(name, clock.now(), bare, route.notAsked);
  const request = body.think == null && thinksUnasked(model) ? withThinking(bare) : bare;
  // What the thread has encoded are the messages with all their images.
  if (body.encoded !== undefined && countImages(request.messages) === sumOf(imageCounts))
    rememberEncoded(request.messages, body.encoded);
  const toContext = route.carriesContext(body)
    ? (text: string) => packContext(request.messages, text)
    : undefined;
  const envelope = { model: name, clock, timings: new Timings(clock, arrivedAt), toContext };
  const release = model && loaded.use(model, keepAliveMs);
  try {
    const isStreamed = body.stream ?? true;
    const beside = {
      resolved,
      furtherSettings: body.furtherSettings,
      isPassedOn: isStreamed && toContext === undefined,
    };
    const whole = turns.turn(await withCaller(c, context, 'ollama', request, beside), gone);
    const turn = request.sampling.reasoningEffort === 'none' ? withoutReasoning(whole) : whole;
    if (isStreamed) {
      return await respondStream(c, streams, turn, new LineEncoder(route.lines, envelope));
    }
    const answer = await collect(turn, (batch) => {
      writeNotes(c.env.outgoing, batch);
      envelope.timings.observe(batch);
    });
    return route.toWhole(answer, envelope);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'model-not-found') throw error;
    // What a server that stands behind a worker says of something else than the model keeps its words.
    if (error.param === undefined && !/\bmodel\b/i.test(error.message)) throw error;
    throw unknownModelFault(mesh, name, words);
  } finally {
    release?.();
  }
}

/**
 * The answer to a request without input, by which clients load and unload models (src/http/ollama/README.md, "Load and
 * unload"): one object, also where a stream was asked for. No worker is involved: there is nothing to load.
 */
function loadAnswer(
  model: string,
  now: number,
  doneReason: 'load' | 'unload',
  emptyAnswer: object,
): WireAnswer {
  return jsonAnswer({
    model,
    created_at: toTimestamp(now),
    ...emptyAnswer,
    done: true,
    done_reason: doneReason,
  });
}

/** `_debug_render_only`: what a worker that takes text alone would be given, in place of an answer. No worker is asked. */
function renderedAnswer(model: string, now: number, request: TurnRequest, notAsked: object): WireAnswer {
  const { text, attachments } = render(request.messages, request.system);
  const image_count = attachments.length > 0 ? attachments.length : undefined;
  return jsonAnswer({
    model,
    created_at: toTimestamp(now),
    ...notAsked,
    done: false,
    _debug_info: { rendered_template: text, image_count },
  });
}

/**
 * An absent `think` is `true` for a model that can think (src/http/ollama/README.md, "Thinking"). Only where that is known, and where
 * the workers can be told: others would refuse the setting, or ignore what no client asked for.
 */
function thinksUnasked(model: Model | undefined): boolean {
  return model?.card.isThinker === true && model.profile?.accepts.has('thinking') !== false;
}

function withThinking(request: TurnRequest): TurnRequest {
  const reasoningEffort = toReasoningEffort(true);
  return reasoningEffort === undefined
    ? request
    : { ...request, sampling: { reasoningEffort, ...request.sampling } };
}

function requireTopLogprobsInRange(count: number | null | undefined): void {
  if (count == null || (count >= 0 && count <= MAX_TOP_LOGPROBS)) return;
  throw new Fault('bad-request', `top_logprobs must be between 0 and ${MAX_TOP_LOGPROBS}`);
}

/**
 * Throws `bad-request` if there is too much of anything in the body, which names the message whose image is one too many.
 * Ollama itself has no such bounds, nor words for them.
 */
function requireFew<Body>(
  body: Body,
  route: InferenceRoute<Body>,
  imageCounts: readonly number[],
  limits: CountLimits,
): void {
  const counts = { messages: imageCounts.length, tools: route.toolCount(body), images: sumOf(imageCounts) };
  const excess = findExcess(counts, limits);
  if (excess === undefined) return;
  const { of, count, limit } = excess;
  let seen = 0;
  const firstTooMany = imageCounts.findIndex((some) => {
    seen += some;
    return seen > limits.maxImages;
  });
  const param = of === 'images' ? route.imagesField(firstTooMany) : of;
  const message = `${param}: the request has ${count} ${of}, and at most ${limit} are taken`;
  throw new Fault('bad-request', message, { param });
}

function countOf(images: Images): number {
  return images == null ? 0 : images.filter((image) => image != null).length;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * Refuses what the model lacks according to its card, in Ollama's words (src/http/ollama/README.md, "Errors"): throws
 * `bad-request` unless the model can write and do all of `wanted`. `asked` is its name as the client wrote it, which
 * Ollama repeats for some capabilities and spells out for others.
 */
function requireCapabilities(
  requested: string,
  model: Model | undefined,
  activity: InferenceRoute<never>['activity'],
  wanted: readonly Capability[],
): void {
  if (wanted.includes('thinking') && model !== undefined && !mayHave(model.card, 'thinking'))
    throw new Fault('bad-request', `${JSON.stringify(requested)} does not support thinking`);
  const missing = missingCapabilities(model, wanted);
  if (missing.length === 0) return;
  if (missing.includes('completion'))
    throw new Fault('bad-request', `${JSON.stringify(requested)} does not support ${activity}`);
  throw new Fault('bad-request', `${toFullName(requested)} does not support ${missing.join('\n')}`);
}

/** `POST /api/chat`. */
export const CHAT: InferenceRoute<ChatBody> = {
  activity: 'chat',
  lines: CHAT_LINES,
  emptyAnswer: { message: { role: 'assistant', content: '' } },
  notAsked: { message: { role: '', content: '' } },
  toWhole: wholeChatAnswer,
  nameless: () => new Fault('bad-request', 'model is required'),
  hasInput: ({ messages }) => (messages ?? []).length > 0,
  requireConsistent: () => undefined,
  needs: ({ tools }) => ((tools ?? []).length > 0 ? ['tools'] : []),
  carriesContext: () => false,
  toolCount: ({ tools }) => (tools ?? []).length,
  imagesOf: ({ messages }) => (messages ?? []).map((message) => message?.images),
  questionImages: ({ messages }) => (messages ?? []).findLast((message) => message?.role === 'user')?.images,
  imagesField: (index) => `messages[${index}].images`,
  toTurnRequest: chatToTurnRequest,
};

/** `POST /api/generate`. */
export const GENERATE: InferenceRoute<GenerateBody> = {
  activity: 'generate',
  lines: GENERATE_LINES,
  emptyAnswer: { response: '' },
  notAsked: { response: '' },
  toWhole: wholeGenerateAnswer,
  // Unlike chat, Ollama looks for a model without a name here, and does not find it.
  nameless: () => new Fault('model-not-found', "model '' not found"),
  hasInput: ({ prompt }) => Boolean(prompt),
  requireConsistent: ({ raw, template, system, context }) => {
    if (raw && (template || system || (context ?? []).length > 0))
      throw new Fault('bad-request', 'raw mode does not support template, system, or context');
  },
  needs: ({ suffix }) => (suffix ? ['insert'] : []),
  carriesContext: ({ raw, suffix }) => !raw && !suffix,
  toolCount: () => 0,
  imagesOf: ({ images }) => [images],
  questionImages: ({ images }) => images,
  imagesField: () => 'images',
  toTurnRequest: generateToTurnRequest,
};
