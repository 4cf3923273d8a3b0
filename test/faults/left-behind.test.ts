/** What a broken link leaves behind on humd's side. */
import { expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { chat, script, startWorld } from '../front-door/world.js';

const TOOL = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } };

it('workers that were answering when the link broke are told to stop when it is back', async () => {
  const world = await startWorld();
  const answer = world.post('/api/chat', chat(script({ hang: true }), { stream: false }));
  await eventually(() => expect(world.daemon().openSids()).toHaveLength(1));
  world.daemon().disconnectAll();
  expect((await answer).status).toBe(502);
  await eventually(() => expect(world.daemon().openSids()).toEqual([]));
  expect(world.sent.map((tone) => tone.chi)).toEqual(['prompt', 'cancel', 'cleanup']);
  expect(new Set(world.sent.map((tone) => tone.sid)).size).toBe(1);
});

it('workers that were waiting for a tool when the link broke are told to stop when it is back', async () => {
  const world = await startWorld();
  const asked = chat(script({ tools: [{ name: 'look' }] }), { stream: false, tools: [TOOL] });
  await (await world.post('/api/chat', asked)).text();
  expect(world.bridge.nest.parkedTurns).toBe(1);
  world.daemon().disconnectAll();
  await eventually(() => expect(world.daemon().openSids()).toEqual([]));
  expect(world.bridge.nest.parkedTurns).toBe(0);
});

it('a turn that had ended is not stopped again', async () => {
  const world = await startWorld();
  const hasSent = (...chis: string[]) =>
    eventually(() => expect(world.sent.map((tone) => tone.chi)).toEqual(chis));
  await (await world.post('/api/chat', chat('hi', { stream: false }))).text();
  await hasSent('prompt', 'cleanup');
  world.daemon().disconnectAll();
  await eventually(() => expect(world.bridge.nest.reconnects).toBe(1));
  await (await world.post('/api/chat', chat('hi', { stream: false }))).text();
  await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  await hasSent('prompt', 'cleanup', 'prompt', 'cleanup');
});
