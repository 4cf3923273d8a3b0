/** What a run will do, all of it decided by the seed before anything starts: who asks for what, when, how, and what goes wrong. */
import { createHash } from 'node:crypto';
import type { Leave, Manners } from '../load/exchange.js';
import type { Order } from '../load/numbered-worker.js';
import { ROUTES, TOOL_ROUTES } from '../load/routes.js';
import { SeededRandom } from '../load/seeded-random.js';
import type { MeshFault, TurnFault } from './turn-fault.js';

export interface PlannedTurn {
  /** When it is asked for, in ms from the start. */
  readonly at: number;
  readonly path: string;
  readonly stream: boolean;
  readonly order: Order;
  readonly manners: Manners;
  readonly fault?: TurnFault;
  /** What the client brings as the result of its tool call, if it stays for one: this asks for the second answer. */
  readonly continuation?: { readonly order: Order; readonly manners: Manners };
}

export interface PlannedEvent {
  readonly at: number;
  readonly fault: MeshFault;
}

export interface Plan {
  readonly turns: readonly PlannedTurn[];
  readonly events: readonly PlannedEvent[];
  /** Hexadecimal; the same plan has the same. */
  readonly hash: string;
}

export interface PlanSize {
  readonly seed: number;
  readonly turns: number;
  /** Within which all turns are asked for. */
  readonly seconds: number;
}

/** One thing that hits everybody happens about so often. */
const MS_PER_EVENT = 3_000;
/** What goes away is away for this share of the run at most, and for less than a second. */
const MAX_DOWN_SHARE = 0.05;
const MAX_DOWN_MS = 900;

/** With 300 such tokens an answer is larger than what sockets hold for a client that does not read, by some megabytes. */
const BIG_PADDING = 20_000;
const BIG_TOKENS = 300;

const GOOD_MANNERS: Manners = { keepsAlive: true, send: { pieces: 1, pauseMs: 0 }, readPauseMs: 0 };

export function createPlan({ seed, turns, seconds }: PlanSize): Plan {
  const random = new SeededRandom(seed);
  const ms = seconds * 1000;
  const planned = Array.from({ length: turns }, (_, number) => planTurn(number, ms, random));
  const count = Math.max(5, Math.round(ms / MS_PER_EVENT));
  const events = Array.from({ length: count }, (_, number) => ({
    at: Math.round((ms * (number + random.next())) / count),
    fault: planMeshFault(number, ms, random),
  }));
  const hash = createHash('sha256').update(JSON.stringify({ planned, events })).digest('hex').slice(0, 12);
  return { turns: planned, events, hash };
}

function planTurn(number: number, ms: number, random: SeededRandom): PlannedTurn {
  const callsTool = random.chance(0.12);
  const order = planOrder(`t${number}`, random);
  const turn = {
    at: random.integer(0, ms),
    path: random.pick(callsTool ? TOOL_ROUTES : ROUTES).path,
    stream: random.chance(0.65),
    manners: planManners(order, random),
  };
  if (callsTool) {
    const { ending: _, errorAfter: __, ...second } = order;
    const manners = planManners(second, random);
    const { id, tokens, padding } = order;
    const first = { ...second, id: `c${number}`, callsToolFirst: { id, tokens, padding } };
    return { ...turn, order: first, continuation: { order: second, manners } };
  }
  const fault = random.chance(0.15) ? planTurnFault(order, random) : undefined;
  return { ...turn, order, ...(fault && { fault }) };
}

function planOrder(id: string, random: SeededRandom): Order {
  const isBig = random.chance(0.015);
  const tokens = isBig ? BIG_TOKENS : random.integer(1, 80);
  return {
    id,
    tokens,
    padding: isBig ? BIG_PADDING : random.pick([0, 0, 0, 200]),
    paceMs: isBig ? 0 : random.pick([0, 1, 5, 10]),
    dialect: random.pick(['chunk', 'part']),
    ...(random.chance(0.05) && { errorAfter: random.integer(0, tokens) }),
    ...(random.chance(0.02) && { ending: random.pick(['hang', 'silent']) }),
  };
}

function planTurnFault({ dialect, tokens }: Order, random: SeededRandom): TurnFault {
  switch (random.pick(['drop-prompt', 'drop-chunk', 'drop-finish', 'mute', 'repeat-finish', 'late-tones'])) {
    case 'drop-prompt':
      return { kind: 'drop-prompt' };
    case 'drop-chunk':
      // Behind the last piece comes nothing that its loss could be seen by.
      if (dialect !== 'part' || tokens < 2) return { kind: 'drop-finish' };
      return { kind: 'drop-chunk', index: random.integer(0, tokens - 2) };
    case 'mute':
      return { kind: 'mute', after: random.integer(0, tokens) };
    case 'repeat-finish':
      return { kind: 'repeat-finish' };
    case 'late-tones':
      return { kind: 'late-tones' };
    default:
      return { kind: 'drop-finish' };
  }
}

/** Of the first events each is of another kind, so that a short run has them all. */
function planMeshFault(number: number, ms: number, random: SeededRandom): MeshFault {
  const kinds = ['garbage', 'break-link', 'kill-worker', 'big-line', 'restart-humd'] as const;
  const kind = kinds[number] ?? random.pick(kinds);
  switch (kind) {
    case 'restart-humd':
    case 'kill-worker':
      return { kind, downMs: random.integer(20, Math.min(MAX_DOWN_MS, ms * MAX_DOWN_SHARE)) };
    default:
      return { kind };
  }
}

/** Most clients behave; one that is given a big answer does not read it. */
function planManners({ tokens }: Order, random: SeededRandom): Manners {
  if (tokens === BIG_TOKENS) return { ...GOOD_MANNERS, keepsAlive: false, readPauseMs: 3_000 };
  if (random.chance(0.6)) return GOOD_MANNERS;
  const leave = random.chance(0.6) ? planLeave(random) : undefined;
  return {
    keepsAlive: random.chance(0.5),
    send: random.chance(0.3)
      ? { pieces: random.integer(2, 6), pauseMs: random.integer(1, 40) }
      : { pieces: 1, pauseMs: 0 },
    readPauseMs: random.chance(0.3) ? random.pick([1, 5, 50]) : 0,
    ...(leave && { leave }),
  };
}

function planLeave(random: SeededRandom): Leave {
  const when = random.pick(['before-body', 'mid-body', 'after-request', 'mid-answer', 'at-end'] as const);
  switch (when) {
    case 'after-request':
      return { when, ms: random.integer(0, 300) };
    case 'mid-answer':
      return { when, bytes: random.integer(1, 4_000) };
    default:
      return { when };
  }
}
