/** Starts one turn: takes a room at its worker and the tools of its request into use, and sends its prompt. */
import { randomUUID } from 'node:crypto';
import type { TurnSignal } from '../../core/abort.js';
import { estimateCharacters, inputCharacters, toolCharacters } from '../../core/estimate-tokens.js';
import { Fault } from '../../core/fault.js';
import { foundModel } from '../../core/model.js';
import { currentOriginal } from '../../core/chat-messages.js';
import type { Message, PromptKind, SessionUse, TurnRequest } from '../../core/request.js';
import type { WorkerProfile } from '../../core/worker-profile.js';
import type { LinkHistory } from '../link/link-history.js';
import type { Conversation } from '../sessions/conversation.js';
import type { Conversations } from '../sessions/conversations.js';
import type { WorkerCapacity } from '../sessions/worker-capacity.js';
import { mayReachClaude, type ToolAccess } from '../tools/tool-access.js';
import { toChatSettings } from './chat-settings.js';
import {
  fitsArgument,
  makeBody,
  type PromptBody,
  type PromptChat,
  type PromptContent,
  toPromptTone,
} from './prompt-tone.js';
import type { TurnFacts } from './read-tones.js';
import type { Opened, Turn } from './turn.js';
import type { LinkTurns } from './turns.js';

/** Read at each use. */
export interface StartLimits {
  /** Tell a client, as reasoning, what tools run on the worker's side. */
  readonly showWorkerTools: boolean;
  /** Whether clients' texts are kept from the commands of a claude worker's process. */
  readonly defuseText?: boolean;
}

export interface TurnStarterOptions {
  readonly limits: StartLimits;
  readonly hive: string;
  readonly createRid: () => string;
  readonly turns: LinkTurns;
  readonly tools: ToolAccess;
  readonly capacity: WorkerCapacity;
  readonly conversations: Conversations;
  readonly link: LinkHistory;
  /** From now on the tones of `sid` are about this request. */
  onSid(sid: string, request: TurnRequest): void;
  /** The one worker of this model, if there is just one. */
  onlyWorkerOf(modelId: string): string | undefined;
}

/** How one prompt goes out. */
export interface PromptRoute {
  readonly kind: PromptKind;
  /** What became of the conversation at a worker that remembers it. */
  readonly use?: SessionUse | undefined;
  /** What a later request may go on with. */
  readonly conversation?: Conversation | undefined;
  /** A kept turn that is gone on with; absent for a fresh sid. */
  readonly kept?: Turn | undefined;
  /** The model's own session id, for a worker that has to be reminded of the session. */
  readonly resume?: string | undefined;
}

const NO_NAMES: ReadonlySet<string> = new Set();

export class TurnStarter {
  readonly #options: TurnStarterOptions;

  constructor(options: TurnStarterOptions) {
    this.#options = options;
  }

  /** What of the prompt may be large: `messages`, which are all of the conversation, or the news of it. Rejects as `makeBody` does. */
  makeBody(
    { request, profile }: Opened,
    messages: readonly Message[],
    part: 'whole' | 'news',
    signal: TurnSignal,
  ): PromptBody | Promise<PromptBody> {
    const { limits, tools } = this.#options;
    const isTooLong = profile?.isClaude === true && !fitsArgument(request.system ?? '');
    // The tools of the mesh do not read the machine's files; such a text would.
    const isConfined = mayReachClaude(request) && request.rights?.workerTools !== 'all';
    const content: PromptContent = {
      system: request.system,
      systemPlace: !isTooLong ? 'field' : part === 'whole' ? 'text' : 'known',
      messages,
      isNews: part === 'news',
      tools: tools.toolsOfPrompt(request),
      defuses: isConfined && limits.defuseText !== false,
      chat: toPromptChat(request, profile, messages),
    };
    return makeBody(content, signal);
  }

  /**
   * Takes a room and the tools of the request into use, and sends the prompt. If it throws or rejects, nothing was sent: with `link-down`
   * where the link has broken since the request was opened.
   */
  start(opened: Opened, body: PromptBody, route: PromptRoute, signal: TurnSignal): Turn | Promise<Turn> {
    const { request, origin } = opened;
    const { turns, capacity, tools } = this.#options;
    this.#requireOpen(opened, signal);
    const turn = route.kept ?? turns.create(request.caller?.firstSid?.take() ?? randomUUID(), signal);
    const room = capacity.take(turn.sid, origin.modelId, signal);
    const declares = tools.declares(request);
    const use = declares ? tools.useOf(turn) : undefined;
    if (room !== undefined || (declares && use === undefined))
      return this.#startOnceFree(opened, turn, room, body, route, signal);
    if (use !== undefined) tools.give(turn, use, request);
    this.#send(opened, turn, body, route, signal);
    return turn;
  }

  async #startOnceFree(
    opened: Opened,
    turn: Turn,
    room: Promise<void> | undefined,
    body: PromptBody,
    route: PromptRoute,
    signal: TurnSignal,
  ): Promise<Turn> {
    const { request } = opened;
    const { tools } = this.#options;
    const { kept } = route;
    const own = tools.useOf(turn);
    let use = own;
    try {
      await room;
      if (use === undefined && tools.declares(request)) use = await tools.take(request, signal);
      this.#requireOpen(opened, signal);
    } catch (error) {
      if (use !== own) use?.release();
      if (kept === undefined) turn.giveUp();
      throw error;
    }
    // From here to the prompt nothing waits: it denies what the hello in front of it lists.
    if (use !== undefined) tools.give(turn, use, request);
    this.#send(opened, turn, body, route, signal);
    return turn;
  }

  /** What the tones of a turn are read by. @param promptCharacters most workers say themselves how much they read */
  toFacts({ request, profile }: Opened, turn: Turn, promptCharacters: () => number): TurnFacts {
    const use = this.#options.tools.useOf(turn);
    return {
      model: request.model,
      toolNames: use?.clientNames ?? namesOf(request.tools),
      clientNames: use?.clientNames,
      refusesOtherCalls: use !== undefined,
      greets: profile?.greets === true,
      promptCharacters,
      showWorkerTools: this.#options.limits.showWorkerTools,
      tellsRanTools: request.caller?.readsRanTools === true,
      keepsAnswer: turn.conversation !== undefined,
      keepsBeginning: request.tools.length > 0,
      isHeld: turn.conversation !== undefined || request.isPassedOn !== true,
      isClaude: profile?.isClaude ?? false,
      wasServed: foundModel(request.resolved)?.service === 'live',
      maxOutputCharacters: maxOutputCharacters(request, profile),
      derivesCallIds: profile?.accepts.has('messages') === true,
    };
  }

  /** Throws what keeps a prompt from going out: its client has left, or the link has broken since its request was opened. */
  #requireOpen({ life }: Opened, signal: TurnSignal): void {
    signal.throwIfAborted();
    if (this.#options.link.current !== life) throw linkBroke();
  }

  #send(opened: Opened, turn: Turn, body: PromptBody, route: PromptRoute, signal: TurnSignal): void {
    const { request, origin, profile } = opened;
    const { turns, tools, conversations, hive, createRid, onSid, onlyWorkerOf } = this.#options;
    const { kind, use, resume, kept, conversation } = route;
    if (kept === undefined && profile?.isClaude !== false) conversations.started();
    if (conversation !== undefined) conversations.run(conversation, turn);
    turn.opened = opened;
    onSid(turn.sid, request);
    request.onSent?.(turn.sid, kind, use);
    const rid = createRid();
    const tone = toPromptTone(body, {
      rid,
      sid: turn.sid,
      hive,
      modelId: origin.modelId,
      sampling: request.sampling,
      resume,
      disallowedTools: tools.denied(request, tools.useOf(turn)),
      cwd: request.rights?.cwd,
    });
    const whole = kind === 'session' ? undefined : body;
    const facts = this.toFacts(opened, turn, () => charactersOf(request, whole));
    turns.prompt(turn, rid, tone, facts, onlyWorkerOf(origin.modelId), signal);
  }
}

/** How many characters a model is given to read. @param body of a prompt that holds the whole conversation */
export function charactersOf(request: TurnRequest, body: PromptBody | undefined): number {
  return body === undefined ? inputCharacters(request) : body.characters + toolCharacters(request.tools);
}

/** By an estimate an answer may be longer than was asked for by so much: its worker has not been told the limit. */
const LENGTH_TOLERANCE = 1.5;

/** Undefined for no limit, as 0 and below are, and for workers that see to it themselves. */
function maxOutputCharacters(
  { sampling: { maxTokens } }: TurnRequest,
  profile: WorkerProfile | undefined,
): number | undefined {
  if (maxTokens === undefined || maxTokens <= 0) return undefined;
  if (profile === undefined || profile.accepts.has('maxTokens')) return undefined;
  return estimateCharacters(maxTokens * LENGTH_TOLERANCE);
}

/** Undefined where not every worker of the model takes messages. */
function toPromptChat(
  request: TurnRequest,
  profile: WorkerProfile | undefined,
  messages: readonly Message[],
): PromptChat | undefined {
  if (profile?.accepts.has('messages') !== true) return undefined;
  const settings = profile.accepts.has('request') ? toChatSettings(request, messages) : undefined;
  return { original: currentOriginal(request, messages), settings };
}

function namesOf(tools: TurnRequest['tools']): ReadonlySet<string> {
  return tools.length === 0 ? NO_NAMES : new Set(tools.map((tool) => tool.name));
}

export function linkBroke(): Fault {
  return new Fault('link-down', 'the link to humd broke before the request was sent', {
    retryAfterSeconds: 1,
  });
}
