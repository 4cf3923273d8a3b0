/** The hive `anthropic-server`: how hum knows it, and that Anthropic's own SDK is answered by it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { temporaryFolder } from '../temporary-folder.js';
import { startWorld } from './world.js';

it('anthropic-server: listens on 14622, and its variables begin with ANTHROPIC_SERVER_', () => {
  const home = { HOME: temporaryFolder() };
  expect(loadConfig({ kind: 'anthropic-server', env: home }).config).toMatchObject({
    port: 14_622,
    wire: 'anthropic/messages',
    provides: ['session'],
  });
  const env = { ...home, ANTHROPIC_SERVER_PORT: '14699' };
  expect(loadConfig({ kind: 'anthropic-server', env }).config.port).toBe(14_699);
});

it("anthropic-server: hum's roster has it with the wire anthropic/messages, and the SDK is answered", async () => {
  const { url, daemon } = await startWorld({ kind: 'anthropic-server' });
  const anthropic = new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 });
  const answer = await anthropic.messages.create({
    model: 'claude-sonnet-4',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Why?' }],
  });
  expect(answer.content).toMatchObject([{ type: 'text', text: 'Why?' }]);
  const roster: unknown = JSON.parse(readFileSync(join(daemon().socketPath, '../bees.json'), 'utf8'));
  expect(JSON.stringify(roster)).toContain('anthropic/messages');
});
