/** The clients of `newest/` are installed apart: without them their tests are skipped, which this names. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';

const FOLDER = 'test/clients/newest';
const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });
const installed = z.object({ version: z.string() });

const isInstalled = existsSync(join(FOLDER, 'node_modules'));
const read = (...path: readonly string[]): unknown =>
  JSON.parse(readFileSync(join(FOLDER, ...path, 'package.json'), 'utf8'));
const clients = Object.entries(manifest.parse(read()).dependencies);

it.skipIf(!isInstalled).each(clients)(
  `is tested with %s %s${isInstalled ? '' : ' (not installed: npm run clients)'}`,
  (name, version) => {
    expect(installed.parse(read('node_modules', name)).version).toBe(version);
  },
);

if (!isInstalled) {
  const suites = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts'));
  it.skip.each(suites)('newest/%s (not installed: npm run clients)', () => undefined);
}
