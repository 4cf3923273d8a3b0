/** One sid, from its first prompt until nothing of it is left at the worker: its state, its reader and its client. */
import type { TurnSignal } from '../../core/abort.js';
import type { Event, TurnNote } from '../../core/event.js';
import { type Fault, isRefusalToRun } from '../../core/fault.js';
import type { TurnRequest } from '../../core/request.js';
import type { WorkerProfile } from '../../core/worker-profile.js';
import type { Tone } from '../link/tone-codec.js';
import type { Conversation } from '../sessions/conversation.js';
import type { Origin } from '../sessions/history-digest.js';
import type { SlowReaders } from '../../core/slow-readers.js';
import type { BufferBudget } from './buffer-budget.js';
import { type GivenCall, ToneReader, type TurnFacts } from './read-tones.js';
import { TurnQueue } from './turn-queue.js';
import {
  type Effect,
  SETTLE_MS,
  SLOW_SETTLE_MS,
  step,
  type TurnEvent,
  type TurnState,
} from './turn-state.js';

export interface TurnOptions {
  readonly sid: string;
  /** How many bytes of events may wait for the client. */
  readonly maxBufferBytes: number;
  readonly maxAnswerBytes: number;
  /** What may wait for all clients; absent where that is not counted. */
  readonly budget?: BufferBudget | undefined;
  /** Where a worker is told of it; absent where none hears it. */
  readonly slowReaders?: SlowReaders | undefined;
  /** Carries out what a change of state asks for. */
  carryOut(turn: Turn, effect: Effect): void;
  /** The worker, which was told to stop, calls a tool. */
  onLateCall(tone: Tone): void;
}

/** What a turn's request said: by this its calls and its conversation are recognised later. */
export interface Opened {
  readonly request: TurnRequest;
  readonly origin: Origin;
  /** What the workers of its model take; undefined where nothing is known of them. */
  readonly profile: WorkerProfile | undefined;
  /** The life of the link in which it was opened: its prompt goes out in no other. */
  readonly life: number;
}

/** The window in which a worker may add further calls ends so long after the first one, whatever comes, in ms. */
const LONGEST_GATHER_MS = 2_000;

const STOP_AGAIN: readonly Effect[] = ['send-cancel', 'room-leaving'];

/** Of a turn that has no prompt yet. */
const NO_FACTS: TurnFacts = {
  model: '',
  toolNames: new Set(),
  promptCharacters: () => 0,
  showWorkerTools: false,
  keepsAnswer: false,
};

export class Turn {
  readonly sid: string;
  /** Who is known to answer: the id of the only worker of the model, as the roster has it. */
  worker: string | undefined;
  /** When the worker or humd last gave a sign of life, in ms on the monotonic clock. */
  lastToneAt = 0;
  /** The number of the last read with a tone of its. */
  lastRead = 0;
  /** When the prompt was last seen to wait for the socket, in ms on the same clock: it may go unheard from then on. */
  unsentAt = 0;
  /** What the request that it was last opened for said. A field, as a weak map of every turn costs much of the collector's time. */
  opened: Opened | undefined;
  /** The conversation that a later request may go on with after an end of its own; undefined where none may. */
  conversation: Conversation | undefined;
  /** Resolves when other replicas can go on with it, where there are any. */
  whenShared: Promise<void> | undefined;
  /** When its prompt was sent, in ms on the monotonic clock. */
  promptedAt = 0;
  /** Called when a worker that was told to stop says that it did. */
  onStopped: (() => void) | undefined;
  readonly #options: TurnOptions;
  #state: TurnState = { at: 'waiting-for-room' };
  #queue: TurnQueue;
  #reader: ToneReader;
  #signal: TurnSignal | undefined;
  readonly #onAbort = () => this.abandon();
  /** When calls, tool input or text came last while calls were open, and when the window for more of them ends. */
  #gatheredAt = 0;
  #gatherEndsAt: number | undefined;
  /** True once a tone of this turn has come from the worker. */
  #hasWorkerSpoken = false;
  /** True for a worker that keeps the process of a sid when its turn is over. */
  #keepsProcess = false;
  /** True for a worker that greets: until it has, its process may not be up, and a cancel may be lost. */
  #greets = false;
  /** Tells whoever waits for the worker's first word which tools its process has; undefined where it does not say so. */
  #onStarted: ((tools: readonly string[] | undefined) => void) | undefined;
  /** Of the turn that ended last. */
  #keptNestId: string | undefined;
  /** Tells whoever sent results whether they were taken. */
  #onRouted: ((isTaken: boolean) => void) | undefined;

  /** @param signal aborts when the client of the first request leaves, which gives the turn up in whatever state it is */
  constructor(options: TurnOptions, signal: TurnSignal) {
    this.sid = options.sid;
    this.#options = options;
    this.#queue = this.#createQueue();
    this.#reader = this.#createReader(NO_FACTS);
    this.#attach(signal);
  }

  get state(): TurnState {
    return this.#state;
  }

  /** True while a client waits for its events, and the prompt is out. */
  get isRunning(): boolean {
    const { at } = this.#state;
    return at === 'streaming' || at === 'prompting' || at === 'routing';
  }

  /** What the client of this turn hears; for exactly one reader. */
  get events(): TurnQueue {
    return this.#queue;
  }

  /** All calls that the worker waits for results of, those that the client has not heard of included. */
  get openCalls(): readonly GivenCall[] {
    return this.#reader.openCalls;
  }

  /** True if its worker keeps an idle process for a sid whose turn is over. */
  get keepsProcess(): boolean {
    return this.#keepsProcess;
  }

  /** True while a worker that greets has said nothing yet. */
  get isStarting(): boolean {
    return this.isUnheard && this.isRunning;
  }

  /** True if a worker that greets has said nothing yet, whether a client waits for it or not: a cancel is lost until then. */
  get isUnheard(): boolean {
    return this.#greets && !this.#hasWorkerSpoken;
  }

  /** The calls that the client was given since the last results. */
  get calls(): readonly GivenCall[] {
    return this.#reader.calls;
  }

  /** The model's own session id, as the worker told it. */
  get nestId(): string | undefined {
    return this.#reader.nestId ?? this.#keptNestId;
  }

  /** The text of the answer, where `facts.keepsAnswer` asked for it. */
  get answer(): string {
    return this.#reader.answer;
  }

  /** The beginning of that, where `facts.keepsBeginning` asked for it. */
  get beginning(): string {
    return this.#reader.beginning;
  }

  /** True while the worker waits for results of calls that its client has, but whose turn is not closed yet. */
  get hasOpenCalls(): boolean {
    return this.#state.at === 'streaming' && this.#reader.hasWaitingCalls;
  }

  /** True if the request of this turn brought the tool. */
  declares(tool: string): boolean {
    return this.#reader.declares(tool);
  }

  /** The prompt is being sent, for the client that `signal` belongs to. */
  prompt(facts: TurnFacts, worker: string | undefined, signal: TurnSignal, now: number): void {
    if (this.#state.at === 'kept') {
      this.#queue = this.#createQueue();
      this.#reader = this.#createReader(facts);
    } else this.#reader.resume(facts);
    this.#queue.isHeld = facts.isHeld === true;
    this.worker = worker;
    this.lastToneAt = now;
    this.unsentAt = now;
    this.#hasWorkerSpoken = false;
    this.#greets = facts.greets === true;
    this.#keptNestId = undefined;
    this.#keepsProcess = facts.isClaude === true;
    this.promptedAt = now;
    this.#attach(signal);
    this.#apply({ type: 'prompt-sent' }, now);
  }

  /**
   * Resolves with the names of the tools that the worker's process has, as it says when it is up; with undefined when something else comes
   * first, or the turn ends. To be called when the prompt was sent.
   */
  whenStarted(): Promise<readonly string[] | undefined> {
    if (!this.isStarting) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#onStarted = resolve;
    });
  }

  /** humd has echoed the prompt. */
  hear(now: number): void {
    this.lastToneAt = now;
    this.#apply({ type: 'heard' }, now);
  }

  /** humd has refused the prompt, or a result: a prompt ends with `fault`, a result is to be replayed. */
  refuse(fault: Fault, now: number): void {
    const { at } = this.#state;
    if (at !== 'routing') {
      if (this.#hasWorkerSpoken || !this.isRunning) return;
      this.#queue.offer({ type: 'fault', fault });
    }
    this.#apply({ type: 'refused' }, now);
    this.#queue.flush();
  }

  /** Takes one tone of this sid. False: its chi is unknown. The client sees nothing before `flush`. */
  accept(tone: Tone, now: number): boolean {
    const { at } = this.#state;
    const isEnd = tone.chi === 'finish' || tone.chi === 'error';
    if (at === 'settling') {
      const { isUnheard } = this;
      this.#hasWorkerSpoken = true;
      // A cancel that came before its process was up was lost.
      if (isUnheard) for (const effect of STOP_AGAIN) this.#options.carryOut(this, effect);
      if (tone.chi === 'tool-call') this.#options.onLateCall(tone);
      else if (isEnd) {
        this.onStopped?.();
        this.#apply({ type: 'ended', keep: false }, now);
      }
      return true;
    }
    if (at === 'over' || at === 'kept' || at === 'waiting-for-room') return true;
    this.lastToneAt = now;
    this.#hasWorkerSpoken = true;
    if (at === 'prompting') this.#apply({ type: 'heard' }, now);
    const isKnown = this.#reader.read(tone);
    if (this.#onStarted !== undefined)
      this.#start(tone.chi === 'session-ready' ? toNames(tone['tools']) : undefined);
    if (this.#reader.hasWaitingCalls && isGathered(tone)) this.#gather(now);
    if (isEnd) this.#apply({ type: 'ended', keep: this.#isKeepable() }, now);
    else if (this.#queue.ended) this.giveUp();
    else if (this.#state.at === 'routing' && showsWork(tone)) this.#apply({ type: 'worked' }, now);
    return isKnown;
  }

  /** Tells the client, in front of all that it has not heard yet, what its answer's head is to say. */
  note(note: TurnNote): void {
    this.#queue.offerFirst({ type: 'ready', note });
  }

  /** Hands what has come to a waiting client. */
  flush(): void {
    this.#queue.flush();
  }

  /** When the turn is to be closed on its calls, if nothing else comes: in ms on the monotonic clock. */
  closesAt(gatherWindowMs: number): number {
    const last = this.#gatherEndsAt ?? Number.POSITIVE_INFINITY;
    return this.#reader.hasOpenInputs ? last : Math.min(last, this.#gatheredAt + gatherWindowMs);
  }

  /** Ends the turn for its client on its tool calls. `park` says until when the worker may wait for their results. */
  closeOnCalls(park: (turn: Turn) => number | undefined, now: number): void {
    const queue = this.#queue;
    queue.offer(this.#reader.finishOnCalls());
    const parkUntil = park(this);
    if (parkUntil !== undefined) this.#queue = this.#createQueue();
    this.#apply({ type: 'closed-on-calls', parkUntil }, now);
    queue.flush();
  }

  /** A client brings the results of the calls: from now on its leaving gives the turn up. */
  follow(signal: TurnSignal): void {
    this.#attach(signal);
  }

  /**
   * The results of the calls are being sent. Resolves with true when the worker goes on, with false when they have to be replayed:
   * the worker has not shown within `waitMs` that it took them, and was told to stop. What it said meanwhile is read first.
   */
  sendResults(facts: TurnFacts, waitMs: number, now: number): Promise<boolean> {
    this.#reader.resume(facts);
    this.#queue.isHeld = facts.isHeld === true;
    this.#gatherEndsAt = undefined;
    if (this.#reader.hasWaitingCalls) this.#gather(now);
    this.lastToneAt = now;
    this.#apply({ type: 'results-sent', until: now + waitMs }, now);
    return new Promise((resolve) => {
      // After pending reads: a busy event loop is no silent worker.
      const timer = setTimeout(() => setImmediate(() => this.expire(performance.now())), Math.ceil(waitMs));
      this.#onRouted = (isTaken) => {
        clearTimeout(timer);
        resolve(isTaken);
      };
    });
  }

  /** Ends the turn for its client with a fault; the worker is told to stop. */
  fail(fault: Fault): void {
    this.#end(fault, { type: 'given-up' });
  }

  /** The link is gone: ends the turn. */
  lose(fault: Fault): void {
    this.#end(fault, { type: 'link-lost' });
  }

  /** What was said is not needed any more: the session is found by its digest. */
  forgetText(): void {
    this.opened = undefined;
    this.#keptNestId = this.#reader.nestId;
    this.#reader = this.#createReader(NO_FACTS);
  }

  /** The client has left, or the conversation goes on elsewhere: the turn gets no end. */
  giveUp(): void {
    this.#apply({ type: 'given-up' }, performance.now());
    this.#queue.close();
  }

  /** The same where nothing reads what it has said so far. */
  abandon(): void {
    this.#queue.drop();
    this.giveUp();
  }

  /** Time has passed. @param now in ms on the monotonic clock */
  expire(now: number): void {
    this.#apply({ type: 'time', now }, now);
  }

  #start(tools: readonly string[] | undefined): void {
    const onStarted = this.#onStarted;
    this.#onStarted = undefined;
    onStarted?.(tools);
  }

  #end(fault: Fault, event: TurnEvent): void {
    if (this.isRunning) this.#offer({ type: 'fault', fault });
    this.#apply(event, performance.now());
    this.#queue.flush();
  }

  /** True once its answer has ended so that a later request may go on with it. */
  #isKeepable(): boolean {
    return this.conversation !== undefined && this.#reader.hasEndedByItself;
  }

  #gather(now: number): void {
    this.#gatheredAt = now;
    this.#gatherEndsAt ??= now + LONGEST_GATHER_MS;
  }

  #attach(signal: TurnSignal): void {
    if (this.#signal === signal) return;
    this.#detach();
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
  }

  #detach(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#signal = undefined;
  }

  #createQueue(): TurnQueue {
    const { sid, slowReaders } = this.#options;
    const holdBack = slowReaders && {
      hold: () => slowReaders.hold(sid),
      letGo: () => slowReaders.letGo(sid),
    };
    const queue = new TurnQueue({
      holdBack,
      maxBufferBytes: this.#options.maxBufferBytes,
      maxAnswerBytes: this.#options.maxAnswerBytes,
      budget: this.#options.budget,
      onLeave: () => {
        if (queue === this.#queue) this.giveUp();
      },
      onGivenUp: () => {
        // The rest of an answer before the calls costs only that answer.
        if (queue === this.#queue) this.#apply({ type: 'given-up' }, performance.now());
        queue.flush();
      },
    });
    return queue;
  }

  #createReader(facts: TurnFacts): ToneReader {
    return new ToneReader(facts, (event) => this.#offer(event));
  }

  /**
   * From the first sign that a worker was asked, every fault says so: the prompt must not be run again unasked. But what the model's
   * API refused to run may be sent again.
   */
  #offer(event: Event): void {
    const isAfterPrompt =
      event.type === 'fault' &&
      this.#state.at !== 'prompting' &&
      (this.#reader.hasOutput || !isRefusalToRun(event.fault));
    this.#queue.offer(isAfterPrompt ? { ...event, fault: event.fault.with({ afterPrompt: true }) } : event);
  }

  #apply(event: TurnEvent, now: number): void {
    const settleMs = this.#greets ? SLOW_SETTLE_MS : SETTLE_MS;
    const { state, effects } = step(this.#state, event, now, settleMs);
    if (state === this.#state) return;
    this.#state = state;
    if (!this.isRunning) {
      // Who leaves before all of the answer was written has not got the calls, and brings no results.
      if (state.at !== 'parked') this.#detach();
      this.#start(undefined);
    }
    for (const effect of effects) {
      if (effect === 'drop-events') this.#queue.drop();
      else if (effect === 'results-taken') this.#onRouted?.(true);
      else if (effect === 'replay-results') {
        this.#queue.drop();
        this.#queue.close();
        this.#onRouted?.(false);
      } else this.#options.carryOut(this, effect);
    }
  }
}

/** Kinds of chunks by which a model goes on. Others can belong to what it did before, or hold nothing. */
const WORK_CHUNKS: ReadonlySet<unknown> = new Set([
  'text_start',
  'text_delta',
  'text',
  'reasoning_start',
  'reasoning_delta',
  'reasoning',
  'tool_use',
  'tool_input_start',
  'tool_input_delta',
  'tool_result',
  'tool_executed',
]);

/** Signs that the worker works; all other tones only say that it lives. */
function showsWork(tone: Tone): boolean {
  if (tone.chi !== 'chunk') return tone.chi === 'tool-call' || tone.chi === 'tool-info';
  return tone['delta'] !== '' && WORK_CHUNKS.has(tone['chunkType'] ?? typeOfPart(tone['part']));
}

/** Calls, tool input and text: what moves the window for further calls. */
function isGathered(tone: Tone): boolean {
  if (tone.chi === 'tool-call') return true;
  if (tone.chi !== 'chunk') return false;
  const kind = tone['chunkType'] ?? typeOfPart(tone['part']);
  return kind === 'text_delta' || kind === 'text' || kind === 'tool_use' || isToolInput(kind);
}

function isToolInput(kind: unknown): boolean {
  return kind === 'tool_input_start' || kind === 'tool_input_delta' || kind === 'tool_call';
}

function typeOfPart(part: unknown): unknown {
  return typeof part === 'object' && part !== null && 'type' in part ? part.type : undefined;
}

/** The strings of a list; undefined for what is no list. */
function toNames(tools: unknown): readonly string[] | undefined {
  return Array.isArray(tools) ? tools.filter((name) => typeof name === 'string') : undefined;
}
