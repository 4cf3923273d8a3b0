/** What `/api/chat` and `/api/generate` have in common: from the body to the turn, or to the answer that needs none. */
import { Fault } from '../../core/fault.js';
import { type Capability, foundModel } from '../../core/model.js';
import type { TurnRequest } from '../../core/request.js';
import type { CountLimits } from '../body/request-limits.js';
import { clientGone } from '../caller.js';
import { type AnswerShape, answerTurn } from './answer-turn.js';
import type { OllamaContext } from './context.js';
import { requireResolved, respell, whyUnknown } from './find-by-name.js';
import type { ImageLimits } from './images.js';
import { toKeepAliveMs } from './keep-alive.js';
import { type EmptyInput, loadAnswer } from './load-answer.js';
import { packContext } from './packed-context.js';
import { toReasoningEffort } from './reasoning-effort.js';
import { type Activity, requireCapabilities } from './require-capabilities.js';
import type { Asked, Reply } from './route.js';
import type { ChatBody, GenerateBody } from './schema.js';
import { Timings } from './timings.js';
import { whileLoaded } from './while-loaded.js';

/** In what the two routes differ. */
export interface InferenceRoute<Body> {
  readonly activity: Activity;
  readonly shape: AnswerShape;
  /** Where an answer's text would stand, empty. */
  readonly emptyInput: EmptyInput;
  /** What to say of a request that names no model. */
  nameless(): Fault;
  /** False for a request that only loads or unloads the model. */
  hasInput(body: Body): boolean;
  /** What the model must be able to do for this request, besides writing and thinking. */
  needs(body: Body): readonly Capability[];
  /** True if the answer is to end with the conversation for the client to carry along. */
  carriesContext(body: Body): boolean;
  /** Throws `bad-request` if there is too much of anything in the body. */
  requireFew(body: Body, limits: CountLimits): void;
  /** Pure; throws `bad-request` for what no model could answer. @param model the name to ask for */
  toTurnRequest(body: Body, limits: ImageLimits, model: string): TurnRequest;
}

const MAX_TOP_LOGPROBS = 20;

/** Rejects with a fault as long as a status can tell it. The checks stand in Ollama's order. */
export async function answerInference<Body extends ChatBody | GenerateBody>(
  context: OllamaContext,
  asked: Asked<Body>,
  route: InferenceRoute<Body>,
): Promise<Reply> {
  const { mesh, clock, loaded } = context;
  const { body, c, arrivedAt } = asked;
  const keepAliveMs = toKeepAliveMs(body.keep_alive);
  const effort = toReasoningEffort(body.think);
  requireTopLogprobsInRange(body.top_logprobs);
  if (!body.model) throw route.nameless();
  const name = body.model;
  const wanted: Capability[] = [...route.needs(body)];
  if (effort !== undefined && effort !== 'none') wanted.push('thinking');

  const resolved = await mesh.resolveModel(name, clientGone(c), respell);
  if (!route.hasInput(body)) {
    const model = requireResolved(mesh, name, resolved, wordsFor(name));
    if (keepAliveMs === 0) {
      loaded.unload(model);
      return loadAnswer(name, clock.now(), 'unload', route.emptyInput);
    }
    requireCapabilities(name, model, route.activity, wanted);
    loaded.use(model, keepAliveMs)();
    return loadAnswer(name, clock.now(), 'load', route.emptyInput);
  }

  const model = foundModel(resolved);
  requireCapabilities(name, model, route.activity, wanted);
  route.requireFew(body, context.settings);
  const request = { resolved, ...route.toTurnRequest(body, context.settings, model?.id ?? name) };
  const toContext = route.carriesContext(body)
    ? (text: string) => packContext(request.messages, text)
    : undefined;
  const envelope = { model: name, clock, timings: new Timings(clock, arrivedAt), toContext };
  return whileLoaded(context, model, keepAliveMs, () =>
    answerTurn(c, context, request, { stream: body.stream, envelope, shape: route.shape }),
  ).catch((error: unknown) => {
    if (!(error instanceof Fault) || error.code !== 'model-not-found') throw error;
    throw whyUnknown(mesh, name, wordsFor(name));
  });
}

function wordsFor(name: string) {
  return { notFound: `model '${name}' not found` };
}

/** No worker reports probabilities, so that none are in the answer; what Ollama refuses is refused. */
function requireTopLogprobsInRange(count: number | null | undefined): void {
  if (count == null || (count >= 0 && count <= MAX_TOP_LOGPROBS)) return;
  throw new Fault('bad-request', `top_logprobs must be between 0 and ${MAX_TOP_LOGPROBS}`);
}
