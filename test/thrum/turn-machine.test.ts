/**
 * Random interleavings of everything that can happen to turns that share a link. Whatever comes: a request has exactly one end, unless its
 * client left; every room at a worker is given back; nothing is parked that no request can reach; every sid that ran was cancelled or
 * has finished; results go to the worker whose calls they answer, and to no other. A worker that keeps the process of a sid when its turn is over, and
 * kills it when it is told to, is never asked for more processes than it has places for. The news of a conversation alone goes to a session
 * that knows exactly the rest of it, and is not deleted; any other gets all of it.
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

/** What happens right before a request, and right behind it. */
interface Beside {
  readonly first: 'nothing' | 'lose link' | 'idle';
  readonly then: 'nothing' | 'leave' | 'lose link';
}

type Command =
  | { readonly do: 'ask'; readonly text: number; readonly isNamed: boolean }
  | { readonly do: 'bring'; readonly of: number; readonly ids: 'issued' | 'lost' | 'rewritten' | 'unknown' }
  | ({ readonly do: 'go on'; readonly of: number } & Beside)
  | { readonly do: 'answer'; readonly of: number; readonly ready: (typeof TONES)[number] }
  | { readonly do: 'delete'; readonly of: number }
  | { readonly do: 'sweep' }
  | { readonly do: 'let go' }
  | { readonly do: 'tone'; readonly sid: number; readonly kind: (typeof TONES)[number] }
  | { readonly do: 'leave'; readonly of: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'lose link'; readonly isSame: boolean }
  | { readonly do: 'lose worker' };

const TONES = [
  'echo',
  'refusal',
  'ready',
  'ready, but empty',
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
const answer = fc.record({
  do: fc.constant('answer' as const),
  of: fc.nat({ max: 5 }),
  ready: fc.constantFrom('ready', 'ready', 'ready', 'ready, but empty', 'pulse'),
});
const goOn = fc.record({
  do: fc.constant('go on' as const),
  of: fc.nat({ max: 5 }),
  first: fc.constantFrom('nothing', 'nothing', 'nothing', 'lose link', 'idle'),
  then: fc.constantFrom('nothing', 'nothing', 'nothing', 'leave', 'lose link'),
});
const leave = fc.record({ do: fc.constant('leave' as const), of: fc.nat({ max: 5 }) });
const wait = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.constantFrom(10, 60, 60, 60, 400, 2_100, 6_000),
});
const rare = fc.oneof(
  fc.record({ do: fc.constant('lose link' as const), isSame: fc.boolean() }),
  fc.record({ do: fc.constant('lose worker' as const) }),
  fc.record({ do: fc.constant('delete' as const), of: fc.nat({ max: 5 }) }),
  fc.record({ do: fc.constant('sweep' as const) }),
  fc.record({ do: fc.constant('let go' as const) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(61_000, 300_000) }),
);

const commands = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Command>[]>(
    { weight: 4, arbitrary: ask },
    { weight: 4, arbitrary: bring },
    { weight: 4, arbitrary: goOn },
    { weight: 6, arbitrary: answer },
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

/** What a worker's session knows, by the sid that it goes on under. */
interface Known {
  /** The request that it was last sent. */
  readonly asked: Asked;
  /** What the worker has said since. */
  said: string[];
  /** The model's own id of it, if the worker has told it. */
  nest: string | undefined;
  /** The one that it was asked to go on with. */
  readonly resumed: string | undefined;
  hasEnded: boolean;
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
  readonly known = new Map<string, Known>();
  /** By the model's own ids of them. */
  readonly nests = new Map<string, Known>();
  readonly deleted = new Set<string>();
  /** What was wrong with a prompt, which its client would take for its own fault. */
  readonly wrong: unknown[] = [];
  #seen = 0;
  #words = 0;

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
      case 'go on':
        if (command.first === 'lose link') this.#loseLink(true);
        if (command.first === 'idle') await vi.advanceTimersByTimeAsync(286_000);
        this.#look();
        this.#goOn(command.of, command.then);
        break;
      case 'answer': {
        const asked = [...this.cells].filter(([, { isVoid, ends, prompts }]) => !isVoid && ends < prompts);
        const [sid] = this.#pick(asked, command.of) ?? [];
        const at = [...this.cells.keys()].indexOf(sid ?? '');
        if (at === -1) break;
        this.#hear(at, command.ready);
        this.#hear(at, 'text');
        this.#hear(at, 'finish');
        break;
      }
      case 'delete': {
        const info = this.#pick(this.world.opener.sessions(), command.of);
        if (info === undefined) break;
        expect(this.world.opener.deleteSession(info.id, 'another key')).toBe(false);
        expect(this.world.opener.deleteSession(info.id, info.keyId)).toBe(true);
        this.deleted.add(info.id);
        break;
      }
      case 'sweep':
        this.world.opener.onSweep(performance.now() + 1_800_000);
        break;
      case 'let go':
        this.world.opener.letGoKeptTools();
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
      case 'lose link':
        this.#loseLink(command.isSame);
        break;
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
      sessions: opener.sessions(),
      unread: this.world.budget.bytes,
    }).toEqual({ open: 0, running: 0, parked: 0, waiting: 0, rooms: 0, sessions: [], unread: 0 });
    for (const [sid, cell] of this.cells)
      expect([sid, cell.isVoid || cell.cancels + cell.ends >= 1]).toEqual([sid, true]);
    for (const asked of this.asked) expect(asked.isOver).toBe(true);
  }

  #open(request: TurnRequest): Asked {
    const resolved = KINDS[this.kind];
    const onSent: TurnRequest['onSent'] = (sid, kind, use) => this.#note(asked, sid, kind, use?.how);
    const asked: Asked = {
      request: { ...request, ...(resolved && { resolved }), onSent },
      signal: new TurnAbort(),
      events: [],
      isOver: false,
    };
    this.asked.push(asked);
    void this.#read(asked);
    return asked;
  }

  #loseLink(isSame: boolean): void {
    const { turns, opener } = this.world;
    for (const cell of this.cells.values()) cell.isVoid = true;
    opener.onLost();
    turns.loseAll(new Fault('link-lost', 'gone'));
    if (!isSame) opener.onMove();
    if (!isSame) this.nests.clear();
    turns.stopLeftBehind(isSame);
  }

  /** A request goes out. */
  #note(asked: Asked, sid: string, kind: string, how: string | undefined): void {
    const before = this.known.get(sid);
    if (kind === 'session' && how === 'delta')
      try {
        this.#expectKnown(asked, before);
      } catch (error) {
        this.wrong.push(error);
      }
    // What it said behind its calls, which their client has not heard, is heard by who brings the results.
    const heard = before === undefined ? '' : textOf(before.asked.events);
    const said = kind === 'route' && before ? before.said.filter((words) => !heard.includes(words)) : [];
    const nest = kind === 'route' || kind === 'session' ? before?.nest : undefined;
    // Its worker may have ended by the time that its results are known to be taken.
    const hasEnded = kind === 'route' && before?.hasEnded === true;
    const known = { asked, said, nest, resumed: undefined, hasEnded };
    this.known.set(sid, known);
    if (nest !== undefined) this.nests.set(nest, known);
  }

  /** News goes to a session that knows all before them, of answers that have ended by themselves. */
  #expectKnown({ request: { messages } }: Asked, session: Known | undefined): undefined {
    if (session === undefined) return expect.fail('it goes on with a session that is not there');
    const history = messages.slice(0, messages.findLastIndex(({ role }) => role === 'assistant') + 1);
    const answer: Message = {
      role: 'assistant',
      content: [{ type: 'text', text: session.said.join('') }],
      toolCalls: [],
    };
    expect(gist(history)).toEqual(gist([...session.asked.request.messages, answer]));
    expect(session.hasEnded).toBe(true);
    return undefined;
  }

  /** A client that has an answer, whole or cut, says something more. */
  #goOn(of: number, then: Beside['then']): void {
    const from = this.#pick(
      this.asked.filter(({ events, isOver }) => isOver && !events.some(({ type }) => type === 'tool-call')),
      of,
    );
    if (from === undefined) return;
    const said: Message = {
      role: 'assistant',
      content: [{ type: 'text', text: textOf(from.events) }],
      toolCalls: [],
    };
    const { messages } = from.request;
    const asked = this.#open({
      ...from.request,
      messages: [...messages, said, ...asking(`and ${messages.length}`).messages],
    });
    if (then === 'leave') asked.signal.abort();
    if (then === 'lose link') this.#loseLink(true);
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
      content: [{ type: 'text', text: textOf(from.events) }],
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
    const { hasSpoken } = cell;
    const known = this.known.get(sid);
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
        if (hasSpoken) return;
        cell.isVoid = true;
        this.world.turns.accept([{ chi: 'echo', rid: cell.rid, ok: false }]);
        break;
      case 'ready':
        if (known === undefined || hasSpoken) return;
        this.#greet(sid, known, known.resumed ?? known.nest ?? `nest ${sid}`);
        break;
      case 'ready, but empty':
        if (known === undefined || hasSpoken) return;
        this.#greet(sid, known, `nest ${sid}, ${cell.prompts}`);
        break;
      case 'text': {
        const delta = `words ${this.#words++}. `;
        known?.said.push(delta);
        this.world.turns.accept([{ chi: 'chunk', sid, chunkType: 'text_delta', delta }]);
        break;
      }
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
        if (known) known.hasEnded = true;
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

  #greet(sid: string, known: Known, nest: string): void {
    known.nest = nest;
    this.nests.set(nest, known);
    this.world.turns.accept([{ chi: 'session-ready', sid, nestId: nest }]);
  }

  /** What holds after every step. */
  #look(): void {
    for (const { tone, at } of this.world.sent.slice(this.#seen)) this.#follow(String(tone.sid), tone, at);
    this.#seen = this.world.sent.length;
    for (const { events } of this.asked)
      for (const event of events) if (event.type === 'tool-call') this.#noteCall(event.id, event.input);
    const { turns, opener } = this.world;
    for (const error of this.wrong) throw error;
    expect(turns.countOf('parked')).toBe(opener.parkedTurns);
    const kept = opener.sessions().filter(({ state }) => state === 'kept');
    expect(kept.filter(({ id }) => this.deleted.has(id))).toEqual([]);
    expect(kept.length).toBeLessThanOrEqual(opener.takenRooms);
    const others = this.kind === 'claude' ? 0 : MAX_LEAVING + 1;
    expect(opener.takenRooms).toBeLessThanOrEqual(PLACES + others);
  }

  #follow(sid: string, tone: Readonly<Record<string, unknown>>, at: number): void {
    const cell = this.cells.get(sid);
    switch (tone['chi']) {
      case 'prompt': {
        // A sid is prompted again only when its worker has ended the turn before.
        if (cell !== undefined)
          expect([sid, cell.ends, cell.cancels, cell.isVoid]).toEqual([sid, cell.prompts, 0, false]);
        this.#followResumed(sid, tone['resume']);
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

  #followResumed(sid: string, resume: unknown): void {
    const known = this.known.get(sid);
    if (typeof resume !== 'string' || known === undefined) return;
    this.#expectKnown(known.asked, this.nests.get(resume));
    this.known.set(sid, { ...known, resumed: resume });
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

function textOf(events: readonly Event[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
}

/** What is said in a conversation, whatever stands between the words, and however many messages one answer is. */
function gist(messages: readonly Message[]): readonly unknown[] {
  const said: { role: string; words: string[]; calls: string[] }[] = [];
  for (const message of messages) {
    const text = message.content.map((part) => ('text' in part ? part.text : '')).join('');
    const words = message.role === 'assistant' ? (text.match(/words \d+/g) ?? []) : [text];
    const calls = message.role === 'assistant' ? message.toolCalls.map(({ input }) => input) : [];
    const last = said.at(-1);
    if (message.role !== 'assistant' || last?.role !== 'assistant')
      said.push({ role: message.role, words, calls });
    else said.splice(-1, 1, { ...last, words: [...last.words, ...words], calls: [...last.calls, ...calls] });
  }
  return said.filter(({ words, calls }) => words.length > 0 || calls.length > 0);
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
      { numRuns: 200 },
    );
  },
  120_000,
);
