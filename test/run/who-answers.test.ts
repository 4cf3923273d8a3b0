import { describe, expect, it } from 'vitest';
import { parseRoster } from '../../src/hive/parse-roster.js';
import { type NestFacts, toNestStatus } from '../../src/run/who-answers.js';

const up = { socket: '/two/thrum.sock', state: 'up' } as const;
const down = { socket: '/one/thrum.sock', state: 'open' } as const;
const bee = (fields: object) => ({ name: 'claude-cli', bee: ['worker'], models: ['sonnet'], ...fields });
const rosterOf = (...bees: readonly object[]) => parseRoster({ ...bees });
const WORKER = rosterOf(bee({}));
const echo = { why: 'as asked', upstream: null, awaitsHum: false };
const server = { ...echo, upstream: 'http://127.0.0.1:9/v1' };

function tell(facts: Partial<NestFacts>) {
  return toNestStatus({
    embedded: undefined,
    link: 'up',
    sockets: [down, up],
    roster: WORKER,
    models: [],
    ...facts,
  });
}

describe('who answers', () => {
  it.each([
    ['a humd with a worker', {}, 'hum', 'humd', null, 'humd at /two/thrum.sock'],
    [
      'a humd whose roster cannot be read',
      { roster: undefined },
      'hum',
      'humd',
      null,
      'humd at /two/thrum.sock',
    ],
    [
      'no humd',
      { link: 'down', sockets: [down] },
      'hum',
      'humd',
      'humd does not answer',
      'humd (not there yet) at /one/thrum.sock',
    ],
    [
      'no worker',
      { roster: rosterOf({ name: 'a-forager', bee: ['forager'] }) },
      'hum',
      'humd',
      'no worker is on the mesh',
      'humd at /two/thrum.sock: no worker is on the mesh',
    ],
    [
      'only a worker that never answers',
      { roster: rosterOf(bee({ name: 'claude-repl' })) },
      'hum',
      'humd',
      'no worker on the mesh answers a prompt: there is only claude-repl',
      'humd at /two/thrum.sock: no worker on the mesh answers a prompt: there is only claude-repl',
    ],
    [
      'a worker without a model',
      { roster: rosterOf(bee({ name: '', models: [] })) },
      'hum',
      'humd',
      'no worker on the mesh answers a prompt: there is only a worker without a name',
      expect.anything(),
    ],
    [
      'a tool that makes embeddings',
      { roster: rosterOf(), models: [{ service: 'live' }] },
      'hum',
      'humd',
      null,
      expect.anything(),
    ],
    [
      'the echo',
      { embedded: echo },
      'embedded',
      'echo',
      null,
      'embedded (as asked): nothing but an echo answers',
    ],
    [
      'an upstream',
      { embedded: server },
      'embedded',
      'upstream',
      null,
      'embedded (as asked): http://127.0.0.1:9/v1 answers',
    ],
  ] satisfies readonly (readonly [string, Partial<NestFacts>, ...unknown[]])[])(
    '%s',
    (_name, facts, type, answers, problem, text) => {
      expect(tell(facts)).toMatchObject({ type, answers, problem, text, ready: problem === null });
    },
  );

  it('knows a worker that says why it can answer nothing, beside others and alone', () => {
    const dead = bee({ name: 'upstream-worker', provides: [problemOf('the upstream cannot be reached')] });
    expect(tell({ roster: rosterOf(dead), embedded: server })).toMatchObject({
      ready: false,
      problem: 'the upstream cannot be reached',
      text: 'embedded (as asked): http://127.0.0.1:9/v1 does not answer: the upstream cannot be reached',
    });
    expect(tell({ roster: rosterOf(dead, bee({})) })).toMatchObject({ ready: true, problem: null });
  });
});

/** As a worker says it in the `provides` of its hello. */
function problemOf(problem: string): string {
  return `problem:${problem}`;
}
