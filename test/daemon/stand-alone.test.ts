import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startStandAlone } from '../../src/daemon/stand-alone.js';
import { temporaryFolder } from '../temporary-folder.js';
import { dialDaemon } from './dial.js';

test('the command line says where it listens and what it serves', async () => {
  const folder = temporaryFolder();
  const socket = join(folder, 's.sock');
  const daemon = await startStandAlone([
    ...['--socket', socket, '--bees', join(folder, 'bees.json')],
    ...['--models', 'a,b', '--queue-limit', '0'],
  ]);
  const forager = await dialDaemon(socket);
  await forager.hello();
  for (const modelId of ['a', 'b', 'echo']) {
    forager.prompt(modelId, 'hi', { modelId });
    await forager.next(({ chi, sid }) => chi === 'finish' && sid === modelId);
  }
  await daemon.close();
  await daemon.close();
  await forager.closed;
  expect(existsSync(socket)).toBe(false);
});

test.each([
  [['--bees', 'b'], 'usage: main.js --socket PATH'],
  [['--socket', 's', '--bees', 'b', '--queue-limit', '-1'], 'argument is ambiguous'],
  [['--socket', 's', '--bees', 'b', '--queue-limit=many'], '--queue-limit takes a whole number'],
  [['--sockets', 's'], "Unknown option '--sockets'"],
])('%j is refused', async (args, message) => {
  await expect(startStandAlone(args)).rejects.toThrow(message);
});
