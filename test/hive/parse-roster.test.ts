import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRoster } from '../../src/hive/parse-roster.js';

const EMPTY = { workers: [], served: new Map(), tools: [], hids: new Set() };

describe('a roster', () => {
  it("of humd's gives the workers", () => {
    const path = new URL('../fixtures/bees.json', import.meta.url);
    expect(parseRoster(JSON.parse(readFileSync(path, 'utf8')))).toEqual({
      workers: [
        {
          client: '62aaa27e-8cf5-4bdd-a1af-cd0ea0c0ad7f',
          hid: 'wbee_f4e1a209c1327917d06c4480845518078fe28345dde2a986ff4d1e5d43971c96',
          name: 'scripted',
          models: ['script-a', 'script-b'],
          statefulness: 'stateless_per_call',
          provides: [],
        },
      ],
      served: expect.any(Map),
      tools: [],
      hids: expect.any(Set),
    });
  });

  it('gives the hids of all bees, and of each tool', () => {
    const roster = parseRoster({
      a: { bee: ['forager'], hid: 'fbee_1', tools: [{ name: 'f' }] },
      b: { bee: ['worker'], hid: 'wbee_2' },
      c: { bee: ['forager'], hid: 5 },
    });
    expect([...roster.hids]).toEqual(['fbee_1', 'wbee_2']);
    expect(roster.tools).toMatchObject([{ name: 'f', hid: 'fbee_1' }]);
  });

  it('gives the tools of all bees', () => {
    const inputSchema = { type: 'object', properties: {} };
    const roster = parseRoster({
      a: { bee: ['forager'], tools: [{ name: 'weather', description: 'Tells the weather', inputSchema }] },
      b: { bee: ['worker', 'forager'], name: 'b', models: ['m'], tools: [{ name: 'embed' }] },
    });
    expect(roster.tools).toEqual([
      { client: 'a', name: 'weather', description: 'Tells the weather', inputSchema },
      { client: 'b', name: 'embed', description: undefined, inputSchema: undefined },
    ]);
    expect(roster.workers).toEqual([
      { client: 'b', name: 'b', models: ['m'], statefulness: undefined, provides: [] },
    ]);
  });

  it.each([null, 5, 'text', true, undefined, [], [{ bee: ['worker'], models: ['m'] }], {}])(
    '%j is empty',
    (json) => {
      expect(parseRoster(json)).toEqual(EMPTY);
    },
  );

  it.each([
    null,
    5,
    'worker',
    [],
    ['worker'],
    {},
    { bee: 5 },
    { bee: 'worker' },
    { bee: ['forager'], models: ['m'] },
  ])('the entry %j is no worker, and the next one still counts', (entry) => {
    const good = { bee: ['worker'], name: 'b', models: ['m'] };
    expect(parseRoster({ a: entry, b: good }).workers.map(({ client }) => client)).toEqual(['b']);
  });

  it('passes over fields of another shape', () => {
    const entry = {
      bee: ['worker', 7, 'forager'],
      name: 5,
      models: ['m', '', null, 7, ['n']],
      propensity: 'stateful_session',
      tools: [null, 'weather', { name: '' }, { name: 7 }, { name: 'good', description: 5 }],
    };
    expect(parseRoster({ a: entry })).toEqual({
      workers: [{ client: 'a', name: '', models: ['m'], statefulness: undefined, provides: [] }],
      served: expect.any(Map),
      tools: [{ client: 'a', name: 'good', description: undefined, inputSchema: undefined }],
      hids: new Set(),
    });
    const odd = { bee: ['worker'], models: 'm', tools: {}, propensity: { statefulness: 5 } };
    expect(parseRoster({ a: odd })).toEqual({
      workers: [{ client: 'a', name: '', models: [], statefulness: undefined, provides: [] }],
      served: expect.any(Map),
      tools: [],
      hids: expect.any(Set),
    });
  });
});

describe('the workers of a model', () => {
  const roster = parseRoster({
    a: { bee: ['worker'], models: ['m', 'n'] },
    b: { bee: ['worker'], models: ['m'] },
    c: { bee: ['forager'], models: ['m'] },
  });

  it.each([
    ['m', ['a', 'b']],
    ['n', ['a']],
    ['M', []],
    ['', []],
  ])('%j are %j', (model, clients) => {
    const { workers = [] } = roster.served.get(model) ?? {};
    expect(workers.map(({ client }) => client)).toEqual(clients);
  });

  it('are told together: the only one, their kinds, and whether all remember their sessions', () => {
    const worker = (name: string, statefulness: string, ...models: string[]) => ({
      bee: ['worker'],
      name,
      models,
      propensity: { statefulness },
    });
    const { served } = parseRoster({
      a: worker('x', 'stateful_session', 'm', 'm', 'n'),
      b: worker('x', 'stateful_session', 'm', 'o'),
      c: worker('y', 'stateless_per_call', 'o'),
    });
    expect(served.get('n')).toMatchObject({ onlyWorker: 'a', kinds: ['x'], isStateful: true });
    expect(served.get('m')).toMatchObject({ onlyWorker: undefined, kinds: ['x'], isStateful: true });
    expect(served.get('o')).toMatchObject({ onlyWorker: undefined, kinds: ['x', 'y'], isStateful: false });
  });
});

describe('the set of the workers of a model', () => {
  const worker = (...models: string[]) => ({ bee: ['worker'], models });
  const setOf = (entries: unknown) => parseRoster(entries).served.get('m')?.workerSet;
  const keyOf = (entries: unknown) => JSON.stringify(setOf(entries));

  it('is the same for the same connections, whatever else is on the mesh and in whatever order they stand', () => {
    const key = keyOf({ a: worker('m', 'n'), b: worker('m') });
    expect(keyOf({ b: worker('m'), c: worker('n'), a: worker('m'), d: { bee: ['forager'] } })).toBe(key);
  });

  it('is another one as soon as a connection comes, goes or is replaced', () => {
    const sets = [
      {},
      { a: worker('m') },
      { b: worker('m') },
      { a: worker('m'), b: worker('m') },
      { a: worker('m'), c: worker('m') },
      { a: worker('m'), b: worker('m'), c: worker('m') },
    ];
    expect(new Set(sets.map((set) => setOf(set)?.set)).size).toBe(sets.length);
    expect(new Set(sets.map((set) => setOf(set)?.connections)).size).toBe(sets.length);
  });

  it('is the same for a worker with a hid that has connected anew, but for its connection', () => {
    const [one, other] = [
      setOf({ a: { ...worker('m'), hid: 'h' } }),
      setOf({ b: { ...worker('m'), hid: 'h' } }),
    ];
    expect(one?.set).toBe(other?.set);
    expect(one?.connections).not.toBe(other?.connections);
  });
});
