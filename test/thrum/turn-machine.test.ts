/**
 * Random interleavings of everything that can happen to turns that share a link. Whatever comes: a request has exactly one end, unless its
 * client left; every room at a worker is given back; nothing is parked that no request can reach; every sid that ran was cancelled or
 * has finished; results go to the worker whose calls they answer, and to no other. A worker that keeps the process of a sid when its turn is over, and
 * kills it when it is told to, is never asked for more processes than it has places for.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import type { Model } from '../../src/core/model.js';
import type { Message, TurnRequest } from '../../src/core/request.js';
import { UNKNOWN_WORKER } from '../../src/core/worker-profile.js';
import { asking, startTurns, TARGET, TOOL } from './open-turns.js';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'performance'],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

type Command =
  | { readonly do: 'ask'; readonly text: number; readonly isNamed: boolean }
  | { readonly do: 'bring'; readonly of: number; readonly ids: 'issued' | 'lost' | 'rewritten' | 'unknown' }
  | { readonly do: 'tone'; readonly sid: number; readonly kind: (typeof TONES)[number] }
  | { readonly do: 'leave'; readonly of: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'lose link'; readonly isSame: boolean }
  | { readonly do: 'lose worker' };

const TONES = [
  'echo',
  'refusal',
  'ready',
  'text',
  'pulse',
  'call',
  'call with input',
  'executed',
  'finish',
  'error',
] as const;

const ask = fc.record({ do: fc.constant('ask' as const), text: fc.nat({ max: 1 }), isNamed: fc.boolean() });
const bring = fc.record({
  do: fc.constant('bring' as const),
  of: fc.nat({ max: 5 }),
  ids: fc.constantFrom('issued', 'issued', 'lost', 'rewritten', 'unknown'),
});
const anyTone = fc.record({
  do: fc.constant('tone' as const),
  sid: fc.nat({ max: 5 }),
  kind: fc.constantFrom(...TONES),
});
const mainTone = fc.record({
  do: fc.constant('tone' as const),
  sid: fc.nat({ max: 5 }),
  kind: fc.constantFrom('call', 'call with input', 'executed', 'finish'),
});
const leave = fc.record({ do: fc.constant('leave' as const), of: fc.nat({ max: 5 }) });
const wait = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.constantFrom(10, 60, 60, 60, 400, 2_100, 6_000),
});
const rare = fc.oneof(
  fc.record({ do: fc.constant('lose link' as const), isSame: fc.boolean() }),
  fc.record({ do: fc.constant('lose worker' as const) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(61_000, 300_000) }),
);

const commands = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Command>[]>(
    { weight: 4, arbitrary: ask },
    { weight: 4, arbitrary: bring },
    { weight: 6, arbitrary: anyTone },
    { weight: 5, arbitrary: mainTone },
    { weight: 2, arbitrary: leave },
    { weight: 6, arbitrary: wait },
    { weight: 1, arbitrary: rare },
  ),
  { minLength: 10, maxLength: 80, size: 'max' },
);

interface Asked {
  readonly request: TurnRequest;
  readonly signal: TurnAbort;
  /** The text of every event, without their ids. */
  readonly events: Event[];
  isOver: boolean;
}

/** What a worker knows of one sid. */
interface Cell {
  prompts: number;
  ends: number;
  cancels: number;
  /** The link broke, or humd refused the prompt: nothing of ours runs there. */
  isVoid: boolean;
  calls: number;
  hasSpoken: boolean;
  rid: unknown;
  /** Until when its process takes a place at the worker. */
  goneAt: number;
}

const PLACES = 3;
/** How many turns that were told to stop may go on beside others. */
const MAX_LEAVING = 8;
/** How long a worker takes to kill a process, in ms. */
const KILL_MS = 100;
/** How long a process that was told to end before it was up may take to come up, in ms. */
const START_MS = 4_900;

/** The kinds of workers, and what is known of them. */
const KINDS = {
  claude: undefined,
  'claude-cli': {
    name: 'm',
    profile: { ...UNKNOWN_WORKER, isClaude: true, greets: true },
  } as unknown as Model,
};

class Machine {
  readonly kind: keyof typeof KINDS;
  readonly world;
  readonly asked: Asked[] = [];
  readonly cells = new Map<string, Cell>();
  /** The sid of the turn that gave a call, by the id that the client knows. */
  readonly givenBy = new Map<string, string>();
  #seen = 0;

  constructor(kind: keyof typeof KINDS) {
    this.kind = kind;
    this.world = startTurns({
      isStateful: true,
      kind,
      limits: {
        turnsPerWorker: { [kind]: PLACES },
        maxParkedTurns: 2,
        maxQueuedTurns: 4,
        queueTimeoutMs: 1_000,
      },
    });
  }

  async run(command: Command): Promise<void> {
    switch (command.do) {
      case 'ask': {
        const hint = command.isNamed ? { sessionHint: `name ${command.text}` } : {};
        this.#open(asking(`question ${command.text}`, { tools: [TOOL], ...hint }));
        break;
      }
      case 'bring':
        this.#bring(command.of, command.ids);
        break;
      case 'tone':
        this.#hear(command.sid, command.kind);
        break;
      case 'leave':
        this.#pick(this.asked, command.of)?.signal.abort();
        break;
      case 'wait':
        await vi.advanceTimersByTimeAsync(command.ms);
        break;
      case 'lose link': {
        const { turns, opener } = this.world;
        for (const cell of this.cells.values()) cell.isVoid = true;
        opener.onLost();
        turns.loseAll(new Fault('link-lost', 'gone'));
        if (!command.isSame) opener.onMove();
        turns.stopLeftBehind(command.isSame);
        break;
      }
      case 'lose worker':
        this.world.turns.failOrphans(() => false);
        break;
      default:
        command satisfies never;
    }
    await vi.advanceTimersByTimeAsync(0);
    this.#look();
  }

  /** All clients leave, and as much time passes as anything here waits for. */
  async finish(): Promise<void> {
    for (const { signal } of this.asked) signal.abort();
    await vi.advanceTimersByTimeAsync(700_000);
    this.world.opener.onSweep(performance.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(0);
    this.#look();
    const { turns, opener } = this.world;
    expect({
      open: turns.size,
      running: turns.running,
      parked: opener.parkedTurns,
      waiting: opener.waitingTurns,
      rooms: opener.takenRooms,
    }).toEqual({ open: 0, running: 0, parked: 0, waiting: 0, rooms: 0 });
    for (const [sid, cell] of this.cells)
      expect([sid, cell.isVoid || cell.cancels + cell.ends >= 1]).toEqual([sid, true]);
    for (const asked of this.asked) expect(asked.isOver).toBe(true);
  }

  #open(request: TurnRequest): void {
    const resolved = KINDS[this.kind];
    const asked: Asked = {
      request: { ...request, ...(resolved && { resolved }) },
      signal: new TurnAbort(),
      events: [],
      isOver: false,
    };
    this.asked.push(asked);
    void this.#read(asked);
  }

  async #read(asked: Asked): Promise<void> {
    try {
      const { events } = await this.world.opener.open(asked.request, TARGET, asked.signal);
      for await (const batch of events) {
        expect(asked.signal.aborted).toBe(false);
        asked.events.push(...batch);
      }
      const hasEnd = asked.events.some(isEnd);
      expect([hasEnd || asked.signal.aborted, asked.events.filter(isEnd).length <= 1]).toEqual([true, true]);
      if (hasEnd) expect(isEnd(asked.events.at(-1))).toBe(true);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    } finally {
      asked.isOver = true;
    }
  }

  /** The results of a request that ended on calls, as its client would send them, or as one that lost or changed the ids. */
  #bring(of: number, ids: 'issued' | 'lost' | 'rewritten' | 'unknown'): void {
    const from = this.#pick(
      this.asked.filter(({ events }) => Object(events.at(-1))['reason'] === 'tool-calls'),
      of,
    );
    if (from === undefined) return;
    const calls = from.events.flatMap((event) => (event.type === 'tool-call' ? [event] : []));
    const idOf = (id: string, index: number) => {
      if (ids === 'issued') return { toolCallId: id };
      if (ids === 'lost') return {};
      return { toolCallId: ids === 'rewritten' ? `call_${index}` : `call_${`${index}`.padStart(32, '0')}` };
    };
    const called: Message = {
      role: 'assistant',
      content: [],
      toolCalls: calls.map(({ id, name, input }) => ({ id, name, input })),
    };
    const results = calls.map(({ id, name }, index): Message => {
      const text = ids === 'issued' ? id : 'some result';
      return { role: 'tool', toolName: name, content: [{ type: 'text', text }], ...idOf(id, index) };
    });
    this.#open({ ...from.request, messages: [...from.request.messages, called, ...results] });
  }

  #hear(index: number, kind: (typeof TONES)[number]): void {
    const [sid, cell] = this.#pick([...this.cells], index) ?? [];
    if (sid === undefined || cell === undefined || cell.isVoid) return;
    // A worker says nothing behind its end, until it is asked again.
    if (cell.ends >= cell.prompts && kind !== 'pulse') return;
    if (kind !== 'echo' && kind !== 'refusal') cell.hasSpoken = true;
    const callId = `call_${cell.calls}`;
    /** Half of the calls are the same for all workers; the other half say whose they are. */
    const call = (args: object) => ({ chi: 'tool-call', sid, callId, name: 'f', args });
    switch (kind) {
      case 'echo':
        this.world.turns.accept([{ chi: 'echo', rid: cell.rid, ok: true }]);
        break;
      case 'refusal':
        // humd refuses a prompt before any worker sees it.
        if (cell.hasSpoken) return;
        cell.isVoid = true;
        this.world.turns.accept([{ chi: 'echo', rid: cell.rid, ok: false }]);
        break;
      case 'ready':
        this.world.turns.accept([{ chi: 'session-ready', sid, nestId: `nest ${sid}` }]);
        break;
      case 'text':
        this.world.turns.accept([{ chi: 'chunk', sid, chunkType: 'text_delta', delta: 'words' }]);
        break;
      case 'pulse':
        this.world.turns.accept([{ chi: 'pulse', sid }]);
        break;
      case 'call':
        cell.calls++;
        this.world.turns.accept([call({ n: 1 })]);
        break;
      case 'call with input':
        cell.calls++;
        this.world.turns.accept([
          {
            chi: 'chunk',
            sid,
            chunkType: 'tool_input_start',
            toolCallId: 'other',
            toolName: 'f',
            blockIdx: 9,
          },
          call({ sid }),
        ]);
        break;
      case 'executed':
        this.world.turns.accept([{ chi: 'chunk', sid, chunkType: 'tool_executed', toolName: 'f' }]);
        break;
      case 'finish':
        cell.ends++;
        this.world.turns.accept([{ chi: 'finish', sid, finishReason: 'stop' }]);
        break;
      case 'error':
        cell.ends++;
        this.world.turns.accept([{ chi: 'error', sid, message: 'no' }]);
        break;
      default:
        kind satisfies never;
    }
  }

  /** What holds after every step. */
  #look(): void {
    for (const { tone, at } of this.world.sent.slice(this.#seen)) this.#follow(String(tone.sid), tone, at);
    this.#seen = this.world.sent.length;
    for (const { events } of this.asked)
      for (const event of events) if (event.type === 'tool-call') this.#noteCall(event.id, event.input);
    const { turns, opener } = this.world;
    expect(turns.countOf('parked')).toBe(opener.parkedTurns);
    const others = this.kind === 'claude' ? 0 : MAX_LEAVING + 1;
    expect(opener.takenRooms).toBeLessThanOrEqual(PLACES + others);
  }

  #follow(sid: string, tone: Readonly<Record<string, unknown>>, at: number): void {
    const cell = this.cells.get(sid);
    switch (tone['chi']) {
      case 'prompt': {
        // A sid is prompted again only when its worker has ended the turn before.
        if (cell !== undefined) expect([sid, cell.ends, cell.cancels]).toEqual([sid, cell.prompts, 0]);
        if (cell === undefined && this.kind === 'claude-cli')
          expect(this.#countPlaces(at)).toBeLessThan(PLACES);
        const known = cell ?? {
          goneAt: Number.POSITIVE_INFINITY,
          prompts: 0,
          ends: 0,
          cancels: 0,
          isVoid: false,
          calls: 0,
          hasSpoken: false,
          rid: undefined,
        };
        known.prompts++;
        known.isVoid = false;
        known.hasSpoken = false;
        known.rid = tone['rid'];
        this.cells.set(sid, known);
        return;
      }
      case 'cancel':
        if (cell !== undefined) {
          cell.cancels++;
          // A process that is only starting does not hear it; where it never comes up it takes no place.
          const ms = cell.hasSpoken ? KILL_MS : START_MS;
          cell.goneAt = Math.min(cell.goneAt, at + ms);
        }
        return;
      case 'tool-result': {
        if (tone['isError'] === true) return;
        const output = String(tone['output']);
        const owner = this.givenBy.get(output);
        if (owner !== undefined) expect([output, owner]).toEqual([output, sid]);
        return;
      }
      default:
        return;
    }
  }

  /** How many of the worker's places are taken. @param at in ms on the monotonic clock */
  #countPlaces(at: number): number {
    const cells = [...this.cells.values()];
    return cells.filter(({ isVoid, goneAt }) => !isVoid && goneAt > at).length;
  }

  #noteCall(id: string, input: string): void {
    const { sid } = Object(JSON.parse(input));
    if (typeof sid === 'string') this.givenBy.set(id, sid);
  }

  #pick<T>(from: readonly T[], index: number): T | undefined {
    return from[index % Math.max(1, from.length)];
  }
}

function isEnd(event: Event | undefined): boolean {
  return event?.type === 'finish' || event?.type === 'fault';
}

it.each(['claude', 'claude-cli'] as const)(
  'each request has one end, each sid is stopped, each room is given back, whatever happens in whatever order: a worker of the kind %s',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        const machine = new Machine(kind);
        for (const command of steps) await machine.run(command);
        await machine.finish();
      }),
      { numRuns: 300 },
    );
  },
  120_000,
);
