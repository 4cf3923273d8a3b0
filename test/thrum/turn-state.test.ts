/** Every state of a turn with every event: what follows, and what has to be done for it. */
import { describe, expect, it } from 'vitest';
import { SETTLE_MS, step, type TurnEvent, type TurnState } from '../../src/thrum/turn/turn-state.js';

const NOW = 1_000;
const UNTIL = 2_000;

const STATES: Readonly<Record<TurnState['at'], TurnState>> = {
  'waiting-for-room': { at: 'waiting-for-room' },
  prompting: { at: 'prompting' },
  streaming: { at: 'streaming' },
  parked: { at: 'parked', until: UNTIL },
  routing: { at: 'routing', until: UNTIL },
  kept: { at: 'kept' },
  settling: { at: 'settling', until: UNTIL },
  over: { at: 'over' },
};

const EVENTS = {
  'prompt-sent': { type: 'prompt-sent' },
  heard: { type: 'heard' },
  worked: { type: 'worked' },
  refused: { type: 'refused' },
  ended: { type: 'ended', keep: false },
  'ended, to be kept': { type: 'ended', keep: true },
  'closed on calls': { type: 'closed-on-calls', parkUntil: 7 },
  'closed on calls, not to be parked': { type: 'closed-on-calls', parkUntil: undefined },
  'results-sent': { type: 'results-sent', until: 7 },
  'given-up': { type: 'given-up' },
  'link-lost': { type: 'link-lost' },
  'time before it is up': { type: 'time', now: UNTIL - 1 },
  'time that is up': { type: 'time', now: UNTIL },
} as const satisfies Readonly<Record<string, TurnEvent>>;

const SETTLING = { at: 'settling', until: NOW + SETTLE_MS } as const;
const STOP = ['refuse-calls', 'send-cancel', 'room-leaving', 'drop-session'] as const;
const GONE = ['free-room', 'drop-session', 'forget'] as const;
const STOPPED = ['send-cleanup', ...GONE] as const;
const ENDED = ['end-process', ...STOPPED] as const;
const KEPT = ['keep-session', 'offer-room'] as const;

type Row = Partial<Record<keyof typeof EVENTS, readonly [state: TurnState, ...effects: readonly string[]]>>;

const running: Row = {
  refused: [{ at: 'over' }, ...GONE],
  ended: [{ at: 'over' }, ...ENDED],
  'ended, to be kept': [{ at: 'kept' }, ...KEPT],
  'closed on calls': [{ at: 'parked', until: 7 }, 'offer-room'],
  'closed on calls, not to be parked': [SETTLING, ...STOP],
  'given-up': [SETTLING, ...STOP],
  'link-lost': [{ at: 'over' }, ...GONE],
};

/** What is not here changes nothing. */
const TABLE: Readonly<Record<TurnState['at'], Row>> = {
  'waiting-for-room': {
    'prompt-sent': [{ at: 'prompting' }],
    'given-up': [{ at: 'over' }, ...GONE],
    'link-lost': [{ at: 'over' }, ...GONE],
  },
  prompting: { ...running, heard: [{ at: 'streaming' }], worked: [{ at: 'streaming' }] },
  streaming: running,
  parked: {
    'results-sent': [{ at: 'routing', until: 7 }, 'unpark'],
    ended: [{ at: 'over' }, 'unpark', 'drop-events', ...ENDED],
    'ended, to be kept': [{ at: 'over' }, 'unpark', 'drop-events', ...ENDED],
    'given-up': [SETTLING, 'unpark', 'drop-events', ...STOP],
    'link-lost': [{ at: 'over' }, 'unpark', 'drop-events', ...GONE],
    'time that is up': [SETTLING, 'unpark', 'drop-events', ...STOP],
  },
  routing: {
    worked: [{ at: 'streaming' }, 'results-taken'],
    ended: [{ at: 'over' }, 'results-taken', ...ENDED],
    'ended, to be kept': [{ at: 'kept' }, 'results-taken', ...KEPT],
    refused: [SETTLING, 'replay-results', ...STOP],
    'given-up': [SETTLING, 'results-taken', ...STOP],
    'link-lost': [{ at: 'over' }, 'results-taken', ...GONE],
    'time that is up': [SETTLING, 'replay-results', ...STOP],
  },
  kept: {
    'prompt-sent': [{ at: 'prompting' }],
    'given-up': [{ at: 'over' }, ...ENDED],
  },
  settling: {
    ended: [{ at: 'over' }, ...STOPPED],
    'ended, to be kept': [{ at: 'over' }, ...STOPPED],
    'link-lost': [{ at: 'over' }, ...GONE],
    'time that is up': [{ at: 'over' }, ...STOPPED],
  },
  over: {},
};

describe.each(Object.values(STATES))('a turn that is $at', (state) => {
  it.each(Object.entries(EVENTS))('knows what to do for: %s', (name, event) => {
    const [next, ...effects] = Object.entries(TABLE[state.at]).find(([row]) => row === name)?.[1] ?? [state];
    expect(step(state, event, NOW)).toEqual({ state: next, effects });
  });
});

it('waits as long for the end of a worker that was told to stop as its kind may take', () => {
  for (const at of ['prompting', 'streaming', 'parked', 'routing'] as const)
    expect(step(STATES[at], EVENTS['given-up'], NOW, 77).state).toEqual({ at: 'settling', until: NOW + 77 });
});
