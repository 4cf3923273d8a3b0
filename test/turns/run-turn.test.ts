/** The order of the stages that every turn goes through, and what each leaves behind when the turn ends within it. */
import { createHook } from 'node:async_hooks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientLeft, TurnAbort } from '../../src/core/abort.js';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import type { Turns } from '../../src/core/port.js';
import type { TurnRequest } from '../../src/core/request.js';
import type { EndedTurn, TurnObserver } from '../../src/observe/turn-observer.js';
import { AnswerCache, type AnswerStore, MemoryAnswers } from '../../src/turns/answer-cache/answer-cache.js';
import type { Stages } from '../../src/turns/run-turn.js';
import { TurnGate } from '../../src/turns/turn-gate.js';
import { modelOf } from '../model.js';
import { pipelineTo } from './pipeline.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const finish: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const failed: Event = { type: 'fault', fault: new Fault('worker-error', 'no credit') };

const HOT: TurnRequest = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  tools: [],
  sampling: {},
};
const COLD: TurnRequest = { ...HOT, sampling: { temperature: 0 } };
const IN_JSON: TurnRequest = { ...HOT, format: { schema: undefined, delivery: 'whole' } };

const gateFor = (maxTurns: number, maxQueuedTurns = 100) =>
  new TurnGate({ maxTurns, maxQueuedTurns, queueTimeoutMs: 60_000 });
const cacheIn = (store: AnswerStore) => new AnswerCache(store, 'hid', { answerCacheTtlMs: 60_000 });

/** Lets everybody go on who can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A nest whose turns each play one of `answers`, a batch for each event. */
class Playing implements Turns {
  readonly asked: TurnRequest[] = [];
  readonly #answers: readonly (readonly Event[])[];

  constructor(...answers: readonly (readonly Event[])[]) {
    this.#answers = answers;
  }

  async *turn(request: TurnRequest): AsyncGenerator<readonly Event[]> {
    const answer = this.#answers[this.asked.push(request) - 1] ?? [finish];
    request.onSent?.(`sid-${this.asked.length}`, 'prompt');
    for (const event of answer) yield [event];
  }
}

/** Remembers what it was told. */
class Recorder implements TurnObserver {
  readonly told: string[] = [];
  readonly ended: EndedTurn[] = [];

  begin(): void {
    this.told.push('begin');
  }

  sent(): void {
    this.told.push('sent');
  }

  end(_: unknown, ended: EndedTurn): void {
    this.told.push('end');
    this.ended.push(ended);
  }

  get outcomes() {
    return this.ended.map(({ record }) => record.outcome);
  }
}

async function read(turns: Turns, request: TurnRequest, signal = new TurnAbort()): Promise<readonly Event[]> {
  const events: Event[] = [];
  for await (const batch of turns.turn(request, signal)) events.push(...batch);
  return events;
}

describe('the stages of a turn', () => {
  it('are observer, cache, gate and nest, in this order', async () => {
    const told: string[] = [];
    const gate = gateFor(1);
    const store: AnswerStore = {
      get: async () => void told.push(`look-up, inside: ${gate.inside}`),
      set: async () => void told.push(`keep, inside: ${gate.inside}`),
    };
    const observer = { begin: () => void told.push('begin'), end: () => void told.push('end') };
    const nest: Turns = {
      async *turn() {
        told.push(`nest, inside: ${gate.inside}`);
        yield [say('a')];
        yield [finish];
      },
    };
    await read(pipelineTo(nest, { observers: [observer], gate, answers: cacheIn(store) }), COLD);
    expect(told).toEqual(['begin', 'look-up, inside: 0', 'nest, inside: 1', 'keep, inside: 0', 'end']);
  });

  it.each<[string, Event, readonly string[]]>([
    ['of a fault, and then of the end', failed, ['worker-error', 'end']],
    ['of the end alone where there is no fault', finish, ['end']],
    ['of the end alone where the client has left', { type: 'fault', fault: clientLeft() }, ['end']],
  ])('tell an observer %s', async (_, end, expected) => {
    const told: string[] = [];
    const observer: TurnObserver = {
      fault: (__, fault) => void told.push(fault.code),
      end: () => void told.push('end'),
    };
    await read(pipelineTo(new Playing([say('a'), end]), { observers: [observer] }), HOT);
    expect(told).toEqual(expected);
  });

  it('let a cached answer pass without a place, though there is none', async () => {
    const answers = cacheIn(new MemoryAnswers());
    const nest = new Playing([say('a'), finish]);
    const recorder = new Recorder();
    await read(pipelineTo(nest, { answers }), COLD);
    const full = pipelineTo(nest, { answers, gate: gateFor(0, 0), observers: [recorder] });
    expect(await read(full, COLD)).toEqual([{ type: 'ready', cache: 'hit' }, say('a'), finish]);
    expect(await read(full, HOT)).toMatchObject([{ type: 'fault', fault: { code: 'busy' } }]);
    expect(nest.asked).toHaveLength(1);
    expect(recorder.ended).toMatchObject([
      { record: { outcome: 'stop', cached: true, promptTokens: 0 } },
      { record: { outcome: 'busy' }, fault: { code: 'busy' } },
    ]);
  });

  it.each<[string, Partial<TurnRequest>, boolean]>([
    ['writes, and nothing else', {}, true],
    ['has no rights', { rights: { workerTools: 'none' } }, true],
    ['may use other tools of the mesh', { rights: { workerTools: 'mesh' } }, false],
    ['may use tools of its own', { rights: { workerTools: 'all' } }, false],
    ['works in a folder', { rights: { workerTools: 'none', cwd: '/srv' } }, false],
    ['goes on with a session', { sessionHint: 'x' }, false],
  ])('look no answer up that depends on more than the request: its worker %s', async (_, fields, isKept) => {
    const nest = new Playing([say('a'), finish], [say('b'), finish]);
    const turns = pipelineTo(nest, { answers: cacheIn(new MemoryAnswers()) });
    await read(turns, { ...COLD, ...fields });
    await read(turns, { ...COLD, ...fields });
    expect(nest.asked).toHaveLength(isKept ? 1 : 2);
  });

  it('keep the answers of one model under all its names, and of two apart', async () => {
    const nest = new Playing();
    const turns = pipelineTo(nest, { answers: cacheIn(new MemoryAnswers()) });
    for (const model of ['a', 'b']) await read(turns, { ...COLD, model, resolved: modelOf('a') });
    await read(turns, { ...COLD, model: 'a', resolved: modelOf('b') });
    expect(nest.asked.map(({ resolved }) => resolved)).toEqual([modelOf('a'), modelOf('b')]);
  });

  it('make one record of a turn that needs two tries for its format, in one place', async () => {
    const recorder = new Recorder();
    const gate = gateFor(1, 0);
    const nest = new Playing([say('no JSON'), finish], [say('{}'), finish]);
    const events = await read(pipelineTo(nest, { gate, observers: [recorder] }), IN_JSON);
    expect(events).toEqual([
      say('{}'),
      { ...finish, usage: { ...usage, promptTokens: 6, completionTokens: 4, cachedTokens: 2 } },
    ]);
    expect(recorder.told).toEqual(['begin', 'sent', 'sent', 'end']);
    expect(recorder.outcomes).toEqual(['stop']);
    expect(nest.asked.map(({ format }) => format)).toEqual([undefined, undefined]);
    expect(gate.inside).toBe(0);
  });

  it('end a turn whose model was not found at once: no look-up, no place, no worker', async () => {
    const recorder = new Recorder();
    const nest = new Playing();
    const store: AnswerStore = {
      get: () => Promise.reject(new Error('nobody is to ask')),
      set: () => Promise.reject(new Error('nobody is to ask')),
    };
    const turns = pipelineTo(nest, { gate: gateFor(0, 0), observers: [recorder], answers: cacheIn(store) });
    const resolved = new Fault('model-not-found', 'no');
    expect(await read(turns, { ...COLD, resolved })).toEqual([{ type: 'fault', fault: resolved }]);
    expect([recorder.told, recorder.outcomes, nest.asked]).toEqual([
      ['begin', 'end'],
      ['model-not-found'],
      [],
    ]);
  });

  it('do nothing for a turn that nobody reads', async () => {
    const recorder = new Recorder();
    const nest = new Playing();
    const turn = pipelineTo(nest, { observers: [recorder] })
      .turn(HOT, new TurnAbort())
      [Symbol.asyncIterator]();
    await turn.return?.();
    expect(await turn.next()).toMatchObject({ done: true });
    expect([recorder.told, nest.asked]).toEqual([[], []]);
  });
});

describe('the place of a turn', () => {
  it.each([finish, failed])('is free with the last event, before the reader asks again', async (end) => {
    const gate = gateFor(1);
    const turn = pipelineTo(new Playing([say('a'), end]), { gate })
      .turn(HOT, new TurnAbort())
      [Symbol.asyncIterator]();
    await turn.next();
    expect(gate.inside).toBe(1);
    await turn.next();
    expect(gate.inside).toBe(0);
  });

  it('is free as soon as the client leaves, although its reader never comes back', async () => {
    const gate = gateFor(1);
    const signal = new TurnAbort();
    const turn = pipelineTo(new Playing([say('a'), finish]), { gate })
      .turn(HOT, signal)
      [Symbol.asyncIterator]();
    await turn.next();
    signal.abort();
    expect(gate.inside).toBe(0);
  });

  it('is free when the reader leaves, without a word to the signal', async () => {
    const gate = gateFor(1);
    for await (const _ of pipelineTo(new Playing([say('a'), finish]), { gate }).turn(HOT, new TurnAbort()))
      break;
    expect(gate.inside).toBe(0);
  });

  it('is free when the reader leaves while the turn waits for it', async () => {
    const gate = gateFor(1);
    const recorder = new Recorder();
    const nest = new Playing();
    const leave = await gate.enter(new TurnAbort());
    const turn = pipelineTo(nest, { gate, observers: [recorder] })
      .turn(HOT, new TurnAbort())
      [Symbol.asyncIterator]();
    const first = turn.next();
    await settle();
    await turn.return?.();
    leave();
    expect(await first).toMatchObject({ done: true });
    expect([gate.inside, gate.waiting, nest.asked, recorder.told]).toEqual([0, 0, [], ['begin', 'end']]);
  });
});

describe('a turn whose client leaves', () => {
  /** What is read of a turn whose client leaves at the moment that the test says. */
  async function leave(
    request: TurnRequest,
    playing: (signal: TurnAbort) => AsyncGenerator<readonly Event[]>,
    more: (signal: TurnAbort) => Partial<Stages> = () => ({}),
  ) {
    const recorder = new Recorder();
    const signal = new TurnAbort();
    const gate = gateFor(1);
    const turns = pipelineTo(
      { turn: () => playing(signal) },
      { gate, observers: [recorder], ...more(signal) },
    );
    const events = await read(turns, request, signal);
    expect([gate.inside, gate.waiting]).toEqual([0, 0]);
    expect(recorder.ended).toMatchObject([{ record: { outcome: 'left' }, fault: undefined }]);
    return events;
  }

  const silent = (): never => {
    throw new Error('nobody is to ask');
  };

  it('while an answer is looked up gets none, though there is one', async () => {
    const kept = JSON.stringify({ deltas: [], reason: 'stop', usage });
    const store = (signal: TurnAbort): AnswerStore => ({
      get: async () => {
        signal.abort();
        return kept;
      },
      set: async () => undefined,
    });
    expect(await leave(COLD, silent, (signal) => ({ answers: cacheIn(store(signal)) }))).toEqual([]);
  });

  it('in the moment in which it gets its place asks no worker', async () => {
    const gate = gateFor(1);
    const free = await gate.enter(new TurnAbort());
    const signal = new TurnAbort();
    const recorder = new Recorder();
    const nest = new Playing();
    const events = read(pipelineTo(nest, { gate, observers: [recorder] }), HOT, signal);
    await settle();
    free();
    signal.abort();
    expect([await events, nest.asked, recorder.outcomes, gate.inside]).toEqual([[], [], ['left'], 0]);
  });

  it.each(['whole', 'streamed'] as const)(
    'while its JSON is checked gets no verdict: %s',
    async (delivery) => {
      const request = { ...HOT, format: { schema: undefined, delivery } };
      const say = async function* (signal: TurnAbort, text: string): AsyncGenerator<readonly Event[]> {
        yield [{ type: 'text-delta', text }];
        queueMicrotask(() => signal.abort());
        yield [finish];
      };
      for (const text of ['{}', 'no JSON', '{"a":']) {
        const events = await leave(request, (signal) => say(signal, text));
        expect(events.filter(({ type }) => type !== 'text-delta')).toEqual([]);
      }
    },
  );

  it('while its second try is checked gets no verdict on that', async () => {
    let tries = 0;
    const events = await leave(IN_JSON, async function* (signal) {
      yield [say('no JSON')];
      if (++tries === 2) queueMicrotask(() => signal.abort());
      yield [finish];
    });
    expect([events, tries]).toEqual([[], 2]);
  });

  it('while its schema is compiled hears nothing of what is wrong with that', async () => {
    const recorder = new Recorder();
    const signal = new TurnAbort();
    const format = { schema: { type: 'nonsense' }, delivery: 'whole' } as const;
    const turns = pipelineTo(new Playing(), { observers: [recorder] });
    const events = read(turns, { ...HOT, format }, signal);
    await settle();
    signal.abort();
    expect([await events, recorder.outcomes]).toEqual([[], ['left']]);
  });

  it('has not failed, whoever says that its client left', async () => {
    const fault = new Fault('client-left', 'gone');
    await leave(HOT, async function* () {
      yield [{ type: 'fault', fault }];
    });
  });
});

it('costs one promise for each batch, and no generator', async () => {
  const BATCHES = 200;
  const batch = { done: false as const, value: [say('a')] };
  const given = Array.from({ length: BATCHES + 1 }, () => Promise.resolve(batch));
  let at = 0;
  const nest: Turns = {
    turn: () => {
      const iterator = {
        next: () => given[at++] ?? Promise.resolve(batch),
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
  };
  const turn = pipelineTo(nest, { observers: [new Recorder()] })
    .turn(HOT, new TurnAbort())
    [Symbol.asyncIterator]();
  await turn.next();
  const taken: Promise<unknown>[] = [];
  let promises = 0;
  const hook = createHook({
    init: (_, type) => {
      if (type === 'PROMISE') promises++;
    },
  }).enable();
  for (let count = 0; count < BATCHES; count++) taken.push(turn.next());
  hook.disable();
  await Promise.all(taken);
  expect(promises).toBe(BATCHES);
});

type Step = {
  readonly do: 'read' | 'return' | 'abort' | 'say' | 'finish' | 'fail' | 'break' | 'look-up';
  readonly turn: number;
};

/** One turn with all that the world may do to it. */
class Driven {
  readonly recorder = new Recorder();
  readonly signal = new CountingAbort();
  readonly #iterator: AsyncIterator<readonly Event[]>;
  readonly #says: (() => IteratorResult<readonly Event[]>)[] = [];
  #wake: (() => void) | undefined;
  lookUp: (() => void) | undefined;
  isRunning = false;
  isReading = false;
  /** The reader has nothing more to read. */
  isOver = false;
  hasBegun = false;
  ends = 0;

  constructor(gate: TurnGate, request: TurnRequest) {
    const store: AnswerStore = {
      get: () => new Promise((resolve) => (this.lookUp = () => resolve(undefined))),
      set: async () => undefined,
    };
    const nest: Turns = { turn: (_, signal) => this.#run(signal) };
    const stages = { gate, observers: [this.recorder], answers: cacheIn(store) };
    this.#iterator = pipelineTo(nest, stages).turn(request, this.signal)[Symbol.asyncIterator]();
  }

  /** As the port demands: nothing begins before it is read, and it ends without an end when it is aborted. */
  async *#run(signal: Parameters<Turns['turn']>[1]): AsyncGenerator<readonly Event[]> {
    const wake = () => this.#wake?.();
    signal.addEventListener('abort', wake);
    this.isRunning = true;
    try {
      while (!signal.aborted) {
        const next = this.#says.shift();
        if (next === undefined) {
          await new Promise<void>((resolve) => (this.#wake = resolve));
          continue;
        }
        const { value } = next();
        const isEnd = value.some((event: Event) => event.type === 'finish' || event.type === 'fault');
        this.isRunning = !isEnd;
        yield value;
        if (isEnd) return;
      }
    } finally {
      this.isRunning = false;
      signal.removeEventListener('abort', wake);
    }
  }

  do(what: Step['do']): void {
    switch (what) {
      case 'read':
        this.#read();
        break;
      case 'return':
        this.isOver = true;
        void this.#iterator.return?.();
        // A generator that is being read hears of that only after its next batch, as every reader of one knows.
        if (this.isReading) this.signal.abort();
        break;
      case 'abort':
        this.signal.abort();
        break;
      case 'look-up':
        this.lookUp?.();
        break;
      case 'say':
        this.#say(() => ({ value: [say('a')] }));
        break;
      case 'finish':
        this.#say(() => ({ value: [say('b'), finish] }));
        break;
      case 'fail':
        this.#say(() => ({ value: [failed] }));
        break;
      case 'break':
        this.#say(() => {
          throw new TypeError('our own mistake');
        });
        break;
      default:
        what satisfies never;
    }
  }

  #say(next: () => IteratorResult<readonly Event[]>): void {
    this.#says.push(next);
    this.#wake?.();
  }

  #read(): void {
    if (this.isReading || this.isOver) return;
    this.isReading = true;
    this.hasBegun = true;
    this.#iterator.next().then(
      ({ done, value }) => {
        this.isReading = false;
        if (done) this.isOver = true;
        else if (value.some((event) => event.type === 'finish' || event.type === 'fault')) this.ends++;
      },
      () => {
        this.isReading = false;
        this.isOver = true;
      },
    );
  }
}

/** Counts who listens. */
class CountingAbort extends TurnAbort {
  readonly listening = new Set<() => void>();

  override addEventListener(type: 'abort', listener: () => void): void {
    this.listening.add(listener);
    super.addEventListener(type, listener);
  }

  override removeEventListener(type: 'abort', listener: () => void): void {
    this.listening.delete(listener);
    super.removeEventListener(type, listener);
  }
}

const REQUESTS = [
  HOT,
  COLD,
  IN_JSON,
  { ...COLD, format: { schema: undefined, delivery: 'streamed' } },
] as const;

it('ends each turn once and gives its place back once, whatever happens in whatever order', async () => {
  const step: fc.Arbitrary<Step> = fc.record({
    do: fc.constantFrom(
      'read',
      'read',
      'return',
      'abort',
      'say',
      'finish',
      'fail',
      'break',
      'look-up',
      'look-up',
    ),
    turn: fc.nat({ max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom([0, 0, 0, 0, 0], [0, 1, 0, 1, 0], [0, 1, 2, 3, 2]),
      fc.array(step, { maxLength: 40 }),
      fc.boolean(),
      async (maxTurns, kinds, steps, isLeft) => {
        const gate = gateFor(maxTurns, 2);
        const turns = kinds.map((kind) => new Driven(gate, REQUESTS[kind] ?? HOT));
        for (const { do: what, turn } of steps) {
          turns[turn]?.do(what);
          await settle();
          const running = turns.filter(({ isRunning, signal }) => isRunning && !signal.aborted).length;
          expect(gate.inside).toBeLessThanOrEqual(maxTurns);
          expect(gate.inside).toBeGreaterThanOrEqual(running);
          // A turn in a format keeps its place while its answer is checked, and for another try.
          if (kinds.every((kind) => REQUESTS[kind]?.format === undefined)) expect(gate.inside).toBe(running);
          if (gate.inside < maxTurns) expect(gate.waiting).toBe(0);
        }
        if (isLeft) {
          for (const turn of turns) turn.do('abort');
          await settle();
          expect([gate.inside, gate.waiting]).toEqual([0, 0]);
        }
        for (let round = 0; round < 50 && turns.some(({ isOver }) => !isOver); round++) {
          for (const turn of turns) for (const what of ['finish', 'look-up', 'read'] as const) turn.do(what);
          await settle();
        }
        expect(turns.every(({ isOver }) => isOver)).toBe(true);
        expect([gate.inside, gate.waiting]).toEqual([0, 0]);
        for (const { recorder, hasBegun, ends, signal } of turns) {
          expect(recorder.told.filter((word) => word !== 'sent')).toEqual(hasBegun ? ['begin', 'end'] : []);
          expect(ends).toBeLessThanOrEqual(1);
          if (!signal.aborted) expect(signal.listening.size).toBe(0);
        }
      },
    ),
    { numRuns: 300 },
  );
});
