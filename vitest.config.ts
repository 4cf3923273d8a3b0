import { existsSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';

/** A file for the machine-readable report, for those who count the tests afterwards. */
const report = process.env['TEST_REPORT'];

/** Clients that are installed apart (`npm run clients`); test/clients/newest.test.ts names what is skipped without them. */
const NEWEST = 'test/clients/newest';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(existsSync(`${NEWEST}/node_modules`) ? [] : [`${NEWEST}/**`])],
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Many tests wait for processes and timers of their own: one worker more than the two cores of the smallest machine.
    maxWorkers: 3,
  },
});
