/**
 * The next version of hum's worker holds at most eight processes, and for a ninth it kills the one that it was told something about
 * least recently, in the middle of its answer or not: nothing of ours may come to that.
 */
import { expect, it } from 'vitest';
import { claude } from '../claude-bee/script.js';
import { type ClaudeWorld, startClaudeWorld } from '../claude-bee/world.js';
import { eventually } from '../eventually.js';

const MODEL = 'claude-sonnet-4-6';
const LONG = claude({ text: 'a' }, { hold: 'end' }, { text: 'z' });

async function ask(world: ClaudeWorld, content: string, name?: string): Promise<string> {
  const naming = name === undefined ? {} : { prompt_cache_key: name };
  const body = { model: MODEL, messages: [{ role: 'user', content }], ...naming };
  const answer = Object(await (await world.post('/v1/chat/completions', body)).json());
  return answer.choices?.[0].message.content ?? JSON.stringify(answer);
}

/** A turn that began before all others and goes on until `end` opens. */
async function startLong(world: ClaudeWorld): Promise<Promise<string>[]> {
  const answer = ask(world, LONG);
  await eventually(() => expect(world.bee.processes).toHaveLength(2));
  await eventually(() => expect(world.bee.processes.at(-1)?.state).toBe('running'));
  return [answer];
}

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
/** Workers that may do more than talk: only what has a name goes on. */
const startNextHum = () =>
  startClaudeWorld({ bee: { nextHum: true, killMs: 50 }, config: { workerTools: 'mesh' } });

it('a turn that goes on while twelve others end beside it, one after the other, is not cut', async () => {
  const world = await startNextHum();
  const [long] = await startLong(world);
  for (const index of times(12)) expect(await ask(world, claude({ text: `${index}` }))).toBe(`${index}`);
  await eventually(() => expect(world.bee.warmSids).toHaveLength(1));
  world.bee.release('end');
  expect(await long).toBe('az');
});

it('nor while twenty-four others come at once, more than the worker has places for', async () => {
  const world = await startNextHum();
  const [long] = await startLong(world);
  const others = times(24).map((index) => ask(world, claude({ text: `${index}` })));
  expect(await Promise.all(others)).toEqual(times(24).map(String));
  world.bee.release('end');
  expect(await long).toBe('az');
});

it('nor while clients leave and others take their places', async () => {
  const world = await startNextHum();
  const [long] = await startLong(world);
  const hanging = times(7).map(() => new AbortController());
  const body = { model: MODEL, messages: [{ role: 'user', content: claude({ text: 'x' }, { hang: true }) }] };
  for (const { signal } of hanging)
    void world.post('/v1/chat/completions', body, signal).catch(() => undefined);
  await eventually(() => expect(world.bee.warmSids).toHaveLength(8));
  const others = times(7).map((index) => ask(world, claude({ text: `${index}` })));
  await eventually(() => expect(world.bridge.waitingTurns).toBe(7));
  for (const client of hanging) client.abort();
  expect(await Promise.all(others)).toEqual(times(7).map(String));
  world.bee.release('end');
  expect(await long).toBe('az');
});

it('nor while conversations that are only kept take all other places', async () => {
  const world = await startNextHum();
  const [long] = await startLong(world);
  for (const index of times(12)) expect(await ask(world, claude({ text: 'x' }), `name ${index}`)).toBe('x');
  // One place is free for the next conversation before it comes.
  await eventually(() => expect(world.bee.warmSids).toHaveLength(7));
  world.bee.release('end');
  expect(await long).toBe('az');
});

it('a process is not ended while its conversation can go on', async () => {
  const world = await startNextHum();
  await ask(world, 'hi', 'name');
  const [sid] = world.bee.warmSids;
  await ask(world, 'hi');
  await eventually(() => expect(world.bee.warmSids).toEqual([sid]));
  expect(world.bridge.nest.runningTurns).toBe(0);
});
