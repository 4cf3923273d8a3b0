/** Several links of one hive at one humd, which keeps one entry for each hid. */
import { expect, it } from 'vitest';
import { startClaudeWorld } from '../claude-bee/world.js';
import { eventually } from '../eventually.js';
import { readableLog } from '../log-lines.js';
import { startTestBridge } from '../running-bridge.js';

const parameters = { type: 'object', properties: {} };
const tools = [{ type: 'function', function: { name: 'look', parameters } }];

async function ask(url: string) {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'claude-sonnet-4-6', messages: [{ role: 'user', content: 'hi' }], tools }),
  });
  expect(response.status).toBe(200);
}

it('replicas with names of their own have each their tools declared, by different names', async () => {
  const world = await startClaudeWorld({ config: { instance: 'one' } });
  const other = await world.anotherBridge({ config: { instance: 'two' } });
  await Promise.all([ask(world.url), ask(other.url)]);
  for (const prompt of world.bee.prompts) expect(prompt).not.toHaveProperty('tools');
  const seen = world.bee.prompts.map(({ sid }) => world.bee.tools(String(sid)));
  const own = seen.filter((names) => names.length === 1).flat();
  expect(new Set(own).size).toBe(2);
});

it('a bridge whose entry another process has taken says so once, sends tools with its prompts, and says no other hello', async () => {
  const world = await startClaudeWorld({ env: {} });
  const { log, saying } = readableLog();
  await world.bridge.close();
  const first = await startTestBridge({ place: world.place, log });
  await startTestBridge({ place: world.place });
  const hellos = world.hellos.length;
  await eventually(async () => {
    await ask(first.url);
    expect(world.bee.prompts.at(-1)).toHaveProperty('tools');
  }, 10_000);
  await ask(first.url);
  expect(saying('another process has taken our hid')).toHaveLength(1);
  expect(world.hellos.length - hellos).toBeLessThanOrEqual(1);
}, 20_000);
