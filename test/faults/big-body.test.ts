import { execFile, execFileSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';

/** Within the project, where Node looks for what the bench imports; a folder of its own, since others may run at once. */
const OUT = 'out/big-body-test';
/** The types are checked elsewhere. */
const COMPILE = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.load.json', '--noCheck', '--outDir', OUT];
const BENCH = [`${OUT}/test/bench/main.js`, '--smoke', '--rounds', '1', '--only', 'big-body', '--json', '-'];

/**
 * At 20 ms the processes of this test alone take two cores: `npm run bench -- --only big-body` shows that. What is dropped
 * counts as a failure too, and so do streams that end before the body is answered.
 */
test('a body of 10 MB beside 512 streams with a token every 80 ms costs nobody a token', async () => {
  execFileSync(process.execPath, COMPILE);
  const { exitCode, stdout } = await new Promise<{ exitCode: number | null; stdout: string }>((resolve) => {
    const child = execFile(process.execPath, [...BENCH, '--surface', 'ollama'], (_error, told) =>
      resolve({ exitCode: child.exitCode, stdout: told }),
    );
    onTestFinished(() => void child.kill());
  });
  const { losses } = JSON.parse(stdout);
  expect(losses).toEqual({ lost: 0, misordered: 0, duplicated: 0, failed: 0, failures: [] });
  expect(exitCode).toBe(0);
}, 40_000);
