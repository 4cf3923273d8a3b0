/** Numbers of a worker that nothing can have so many of: they reach no client, no journal and no sum. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCount, MAX_COUNT } from '../../src/core/count.js';
import { isTokenLogprob } from '../../src/core/logprobs.js';
import { eventually } from '../eventually.js';
import { startScriptedWorker, type ScriptedTurn } from '../front-door/scripted-worker.js';
import { startWorld } from '../front-door/world.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';
import { readErrorTone } from '../../src/thrum/turn/worker-error.js';
import { toTokenCounts } from '../../src/upstream/token-counts.js';
import { toUsage } from '../../src/thrum/turn/usage.js';

const model = 'scripted';
const messages = [{ role: 'user', content: 'x' }];

/** None of these is a count. JSON has a word for the infinite: `1e999`. */
const ABSURD: readonly unknown[] = [
  1e300,
  -1e300,
  -1,
  2 ** 53,
  2 ** 53 + 2,
  1e18,
  1.5,
  Number.POSITIVE_INFINITY,
  Number.NaN,
  '7',
  '1e300',
  'NaN',
  null,
  true,
  [3],
  {},
];
const FIELDS = [
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'reasoning_tokens',
];

const ROUTES: readonly (readonly [path: string, body: object])[] = [
  ['/api/chat', { model, messages, stream: false }],
  ['/api/generate', { model, prompt: 'x', stream: true }],
  ['/v1/chat/completions', { model, messages }],
  ['/v1/chat/completions', { model, messages, stream: true, stream_options: { include_usage: true } }],
  ['/v1/completions', { model, prompt: 'x' }],
  ['/v1/responses', { model, input: 'x' }],
  ['/v1/messages', { model, messages, max_tokens: 9, stream: true }],
];

/** Every number in a text of JSON, an event stream or lines of JSON. */
function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/":\s*(-?[\d.]+(?:e[+-]?\d+)?)/gi)].map(([, number]) => Number(number));
}

function expectSane(text: string): void {
  for (const number of numbersIn(text)) {
    expect(Number.isSafeInteger(number), `${number} in ${text}`).toBe(true);
    // Durations are in nanoseconds, and times in milliseconds.
    expect(number).toBeGreaterThanOrEqual(0);
  }
  expect(text).not.toMatch(/\d[eE][+-]?\d{2,}[,}]|NaN|Infinity/);
}

describe('absurd numbers', () => {
  test('in the usage of a finish reach neither client nor journal nor the sums of the usage', async () => {
    const world = await startWorld();
    const folder = temporaryFolder();
    const place = { socketPath: world.daemon().socketPath, beesPath: world.daemon().beesPath };
    const { url } = await startTestBridge({ place, journalFolder: folder });
    const worker = await startScriptedWorker(world);
    let index = 0;
    for (const absurd of ABSURD) {
      const [path, body] = ROUTES[index % ROUTES.length] ?? ['', {}];
      const asked = fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
      const turn: ScriptedTurn = await worker.turn(index++);
      turn.text('hello');
      turn.finish({ usage: Object.fromEntries(FIELDS.map((field) => [field, absurd])), exitCode: absurd });
      const answer = await asked;
      expectSane(await answer.text());
    }
    const { data } = Object(await (await fetch(`${url}/v1/usage`)).json());
    expect(data).toMatchObject([{ turns: ABSURD.length, estimated_turns: ABSURD.length, cached_tokens: 0 }]);
    expect(data[0].prompt_tokens).toBeLessThan(1_000);
    await eventually(() => expect(readdirSync(folder).length).toBeGreaterThan(0));
    for (const name of readdirSync(folder)) {
      for (const line of readFileSync(join(folder, name), 'utf8').trim().split('\n')) {
        const { promptTokens, completionTokens, cachedTokens } = JSON.parse(line);
        for (const count of [promptTokens, completionTokens, cachedTokens]) expect(isCount(count)).toBe(true);
      }
    }
    expect(await (await fetch(`${url}/metrics`)).text()).not.toMatch(/e\+\d{2,}|NaN/);
  });

  test('that are each a count are none together where their sum is not', () => {
    const volume = { promptCharacters: 8, outputCharacters: 4 };
    const raw = { input_tokens: MAX_COUNT, cache_read_input_tokens: MAX_COUNT, output_tokens: 1 };
    expect(toUsage(raw, volume)).toMatchObject({ promptTokens: 2, cachedTokens: 0, estimated: true });
  });

  test('of a worker or a server always end as counts', () => {
    const anything = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constantFrom(...ABSURD), fc.nat());
    const volume = { promptCharacters: 8, outputCharacters: 4 };
    fc.assert(
      fc.property(fc.tuple(anything, anything, anything, anything, anything), (values) => {
        const raw = Object.fromEntries(FIELDS.map((field, at) => [field, values[at]]));
        const { isPromptCounted: _, estimated: __, ...counts } = toUsage(raw, volume);
        for (const count of Object.values(counts)) expect(isCount(count)).toBe(true);
        const usage = { prompt_tokens: values[0], completion_tokens: values[1], cached_tokens: values[2] };
        for (const count of Object.values(toTokenCounts({ usage }, undefined) ?? {}))
          expect(count === undefined || isCount(count)).toBe(true);
      }),
    );
  });

  test('in an error tell no client when to come again', () => {
    for (const retryAfter of ABSURD)
      expect(readErrorTone({ kind: 'busy', message: 'x', retryAfter })?.retryAfterSeconds).toBeUndefined();
  });

  test('are no probabilities', () => {
    for (const logprob of [1e300, -1e300, Number.NEGATIVE_INFINITY, Number.NaN, '0', null])
      expect(isTokenLogprob({ token: 'a', logprob })).toBe(false);
    for (const logprob of [0, -0.1, -9999]) expect(isTokenLogprob({ token: 'a', logprob })).toBe(true);
  });
});
