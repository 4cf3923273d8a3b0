/** The states of one sid, and what each event makes of them. A pure function: `turns.ts` carries the effects out. */

export type TurnState =
  /** The worker of the model has no room yet; nothing was sent. */
  | { readonly at: 'waiting-for-room' }
  /** The prompt was sent; humd has not answered yet. */
  | { readonly at: 'prompting' }
  /** humd has taken the prompt; a client reads the answer. */
  | { readonly at: 'streaming' }
  /** The client has its tool calls; the worker waits for their results, until `until` at the latest. */
  | { readonly at: 'parked'; readonly until: number }
  /** The results were sent; no sign that the worker took them has come yet, which is waited for until `until`. */
  | { readonly at: 'routing'; readonly until: number }
  /** The turn has ended, and the worker remembers the conversation: a later request may go on with this sid. */
  | { readonly at: 'kept' }
  /** Nobody reads any more; the worker was told to stop, and its finish is waited for until `until`. */
  | { readonly at: 'settling'; readonly until: number }
  | { readonly at: 'over' };

/** All times are in ms on the monotonic clock. */
export type TurnEvent =
  | { readonly type: 'prompt-sent' }
  /** An echo of the prompt, or any tone of this sid. */
  | { readonly type: 'heard' }
  /** A chunk, a call or a tool's information: the worker works. */
  | { readonly type: 'worked' }
  /** humd refused the prompt, or a result. */
  | { readonly type: 'refused' }
  /** The worker's `finish` or `error`. `keep`: a later request may go on with this sid. */
  | { readonly type: 'ended'; readonly keep: boolean }
  /** The turn is closed for the client on its calls. `parkUntil`: undefined where results would not reach the worker. */
  | { readonly type: 'closed-on-calls'; readonly parkUntil: number | undefined }
  /** A request brings the results of the calls. */
  | { readonly type: 'results-sent'; readonly until: number }
  /** The client has left, or the turn goes on elsewhere, or a fault of ours has ended it for its client. */
  | { readonly type: 'given-up' }
  | { readonly type: 'link-lost' }
  /** A time limit of the state may have passed. */
  | { readonly type: 'time'; readonly now: number };

export type Effect =
  | 'send-cancel'
  /** The calls that the worker waits for get an error as their result. */
  | 'refuse-calls'
  /** The worker may keep an idle process of this sid, which no request can use any more. */
  | 'end-process'
  | 'send-cleanup'
  /** Nothing of this sid is left at its worker: another turn may have the room. */
  | 'free-room'
  /** The worker was told to stop: its room becomes free before long. */
  | 'room-leaving'
  /** The worker only waits: its room may be taken from this turn. */
  | 'offer-room'
  /** Nobody brings results any more: what the worker has said since its calls is dropped. */
  | 'drop-events'
  /** The results did not reach the worker: they are to be replayed. */
  | 'replay-results'
  /** The worker goes on with the results, or has ended. */
  | 'results-taken'
  /** No results can find this turn any more. */
  | 'unpark'
  /** A later request may go on with the worker's session. */
  | 'keep-session'
  /** No request may go on with it any more. */
  | 'drop-session'
  | 'forget';

export interface Step {
  readonly state: TurnState;
  readonly effects: readonly Effect[];
}

/** How long the finish of a cancelled turn is waited for, in ms. */
export const SETTLE_MS = 5_000;
/** The same where the worker may ignore the cancel and run to its end (src/thrum/README.md, "The claude-cli worker"). */
export const SLOW_SETTLE_MS = 300_000;

const NONE: readonly Effect[] = [];
const PROMPTING: Step = { state: { at: 'prompting' }, effects: NONE };
const STREAMING: Step = { state: { at: 'streaming' }, effects: NONE };
const OVER = { at: 'over' } as const;
const ENDED: Step = {
  state: OVER,
  effects: ['end-process', 'send-cleanup', 'free-room', 'drop-session', 'forget'],
};
/** The worker was told to stop before. */
const STOPPED: Step = { state: OVER, effects: ['send-cleanup', 'free-room', 'drop-session', 'forget'] };
/** Nothing of it is at a worker, or there is no link on which it could be stopped. */
const NEVER_RAN: Step = { state: OVER, effects: ['free-room', 'drop-session', 'forget'] };
const KEPT: Step = { state: { at: 'kept' }, effects: ['keep-session', 'offer-room'] };

/**
 * The next state of a turn, and what has to be done for it. An event that means nothing in a state changes nothing. Every turn
 * that sent a prompt is cancelled, unless the worker or the link ended it first; it gives its room back exactly once.
 * @param now in ms on the monotonic clock
 * @param settleMs how long the finish of a cancelled turn is waited for
 */
export function step(state: TurnState, event: TurnEvent, now: number, settleMs = SETTLE_MS): Step {
  switch (state.at) {
    case 'waiting-for-room':
      return stepWaiting(state, event);
    case 'prompting':
    case 'streaming':
      return stepRunning(state, event, now + settleMs);
    case 'parked':
      return stepParked(state, event, now + settleMs);
    case 'routing':
      return stepRouting(state, event, now + settleMs);
    case 'kept':
      return stepKept(state, event);
    case 'settling':
      return stepSettling(state, event);
    case 'over':
      return unchanged(state);
    default:
      return state satisfies never;
  }
}

function stepWaiting(state: TurnState, event: TurnEvent): Step {
  switch (event.type) {
    case 'prompt-sent':
      return PROMPTING;
    case 'given-up':
    case 'link-lost':
      return NEVER_RAN;
    default:
      return unchanged(state);
  }
}

function stepRunning(state: TurnState, event: TurnEvent, settleUntil: number): Step {
  switch (event.type) {
    case 'heard':
    case 'worked':
      return state.at === 'streaming' ? unchanged(state) : STREAMING;
    case 'refused':
      return NEVER_RAN;
    case 'ended':
      return event.keep ? KEPT : ENDED;
    case 'closed-on-calls':
      if (event.parkUntil === undefined) return settle(settleUntil, []);
      return { state: { at: 'parked', until: event.parkUntil }, effects: ['offer-room'] };
    case 'given-up':
      return settle(settleUntil, []);
    case 'link-lost':
      return NEVER_RAN;
    default:
      return unchanged(state);
  }
}

function stepParked(state: TurnState & { at: 'parked' }, event: TurnEvent, settleUntil: number): Step {
  switch (event.type) {
    case 'results-sent':
      return { state: { at: 'routing', until: event.until }, effects: ['unpark'] };
    case 'ended':
      return { state: OVER, effects: ['unpark', 'drop-events', ...ENDED.effects] };
    case 'link-lost':
      return { state: OVER, effects: ['unpark', 'drop-events', ...NEVER_RAN.effects] };
    case 'given-up':
      return settle(settleUntil, ['unpark', 'drop-events']);
    case 'time':
      return event.now >= state.until ? settle(settleUntil, ['unpark', 'drop-events']) : unchanged(state);
    default:
      return unchanged(state);
  }
}

function stepRouting(state: TurnState & { at: 'routing' }, event: TurnEvent, settleUntil: number): Step {
  switch (event.type) {
    case 'worked':
      return { state: { at: 'streaming' }, effects: ['results-taken'] };
    case 'ended': {
      const ended = event.keep ? KEPT : ENDED;
      return { state: ended.state, effects: ['results-taken', ...ended.effects] };
    }
    case 'refused':
      return settle(settleUntil, ['replay-results']);
    case 'time':
      return event.now >= state.until ? settle(settleUntil, ['replay-results']) : unchanged(state);
    case 'given-up':
      return settle(settleUntil, ['results-taken']);
    case 'link-lost':
      return { state: OVER, effects: ['results-taken', ...NEVER_RAN.effects] };
    default:
      return unchanged(state);
  }
}

function stepKept(state: TurnState, event: TurnEvent): Step {
  switch (event.type) {
    case 'prompt-sent':
      return PROMPTING;
    case 'given-up':
      return ENDED;
    default:
      // The worker keeps the conversation on its disk: a lost link is no end of it.
      return unchanged(state);
  }
}

function stepSettling(state: TurnState & { at: 'settling' }, event: TurnEvent): Step {
  switch (event.type) {
    case 'ended':
      return STOPPED;
    case 'link-lost':
      return NEVER_RAN;
    case 'time':
      return event.now >= state.until ? STOPPED : unchanged(state);
    default:
      return unchanged(state);
  }
}

function settle(until: number, effects: readonly Effect[]): Step {
  return {
    state: { at: 'settling', until },
    effects: [...effects, 'refuse-calls', 'send-cancel', 'room-leaving', 'drop-session'],
  };
}

function unchanged(state: TurnState): Step {
  return { state, effects: NONE };
}
