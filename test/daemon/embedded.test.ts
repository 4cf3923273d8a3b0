import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbedded } from '../../src/daemon/embedded.js';
import { dialDaemon } from './dial.js';

test('the embedded nest answers for echo and the given models as soon as it is there', async () => {
  const nest = await startEmbedded({ models: ['claude-sonnet-4', 'echo'] });
  onTestFinished(() => nest.close());
  const [entry] = Object.values<Record<string, unknown>>(JSON.parse(readFileSync(nest.beesPath, 'utf8')));
  expect(entry?.['models']).toEqual(['echo', 'claude-sonnet-4']);
  const forager = await dialDaemon(nest.socketPath);
  await forager.hello();
  forager.prompt('s', 'hi', { modelId: 'claude-sonnet-4' });
  await forager.next(({ delta }) => delta === 'hi');
  await forager.close();
});

test('its folder is private, its socket path short, and both go with it', async () => {
  const nest = await startEmbedded({ models: [] });
  const folder = dirname(nest.socketPath);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(Buffer.byteLength(nest.socketPath)).toBeLessThan(104);
  const forager = await dialDaemon(nest.socketPath);
  await Promise.all([nest.close(), nest.close()]);
  await forager.closed;
  expect(existsSync(folder)).toBe(false);
  await nest.close();
});

test('two of them live side by side', async () => {
  const nests = await Promise.all([startEmbedded({ models: [] }), startEmbedded({ models: [] })]);
  expect(new Set(nests.map(({ socketPath }) => socketPath)).size).toBe(2);
  await Promise.all(nests.map((nest) => nest.close()));
});
