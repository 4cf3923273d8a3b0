import { defineConfig } from 'vitest/config';

/** A file for the machine-readable report, for those who count the tests afterwards. */
const report = process.env['TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Many tests wait for processes and timers of their own: one worker more than the two cores of the smallest machine.
    maxWorkers: 3,
  },
});
