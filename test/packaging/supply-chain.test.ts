/** What comes with the package from others: which versions, under which licences, and that it can be listed. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { homeEnvironment } from '../program/home-environment.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type UnpackedPackage, unpackPackage } from './unpacked-package.js';

const run = promisify(execFile);

const names = z.record(z.string(), z.string());
const project = z
  .object({
    dependencies: names,
    devDependencies: names,
    peerDependencies: names,
    peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.literal(true) })),
  })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));
const lockText = readFileSync('package-lock.json', 'utf8');
const lock = z
  .object({ packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })) })
  .parse(JSON.parse(lockText));

/** The functions of a script of `.ci`, which has no types. */
async function load(script: string) {
  const functions: Readonly<Record<string, unknown>> = await import(pathToFileURL(script).href);
  return (name: string, ...args: readonly unknown[]): unknown => {
    const called = functions[name];
    if (typeof called !== 'function') throw new Error(`${script} has no ${name}`);
    return called(...args);
  };
}

describe('the packages that this one needs', () => {
  it.each(Object.entries({ ...project.dependencies, ...project.devDependencies }))(
    '%s is pinned, to the version that is installed',
    (name, version) => {
      expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
      expect(lock.packages[`node_modules/${name}`]?.version).toBe(version);
    },
  );

  it('are asked for optionally where only a setting needs them, and tested with', () => {
    const peers = Object.keys(project.peerDependencies);
    expect(peers.length).toBeGreaterThan(0);
    expect(Object.keys(project.peerDependenciesMeta)).toEqual(peers);
    for (const peer of peers) expect([peer, project.dependencies[peer]]).toEqual([peer, undefined]);
    expect(Object.keys(project.devDependencies)).toEqual(expect.arrayContaining(peers));
  });

  it('come from no place that package-lock.json names', () => {
    expect(lockText).not.toContain('"resolved"');
  });

  it('have licences that are allowed', async () => {
    const call = await load('.ci/licences.mjs');
    const packages = z
      .array(z.object({ name: z.string(), licence: z.string() }))
      .parse(call('listPackages', lock));
    expect(packages.length).toBeGreaterThan(20);
    expect(packages.filter(({ licence }) => call('isAllowed', licence) !== true)).toEqual([]);
    expect(
      Object.keys(project.dependencies).filter((name) => !packages.some((each) => each.name === name)),
    ).toEqual([]);
  });

  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND ISC', true],
    ['MIT AND GPL-3.0-only', false],
    ['GPL-3.0-only', false],
    ['unknown', false],
  ])('may have the licence %s: %s', async (licence, isAllowed) => {
    const call = await load('.ci/licences.mjs');
    expect(call('isAllowed', licence)).toBe(isAllowed);
  });

  it('are listed in a bill of materials, each with version, hash and licence', async () => {
    const { stdout } = await run('npm', ['run', '--silent', 'sbom'], { maxBuffer: 2 ** 26 });
    const bill = z
      .object({
        bomFormat: z.literal('CycloneDX'),
        components: z.array(
          z.object({
            name: z.string(),
            version: z.string(),
            hashes: z.array(z.unknown()).min(1),
            licenses: z.array(z.unknown()).min(1),
          }),
        ),
      })
      .parse(JSON.parse(stdout));
    const listed = bill.components.map(({ name, version }) => `${name}@${version}`);
    const needed = Object.entries(project.dependencies).map(([name, version]) => `${name}@${version}`);
    expect(listed).toEqual(expect.arrayContaining(needed));
    expect(listed.filter((each) => each.startsWith('vitest@') || each.startsWith('@redis/'))).toEqual([]);
  });
});

describe('the audit of .ci/run', () => {
  it.each([
    ['', 'the registry does not answer it', false],
    ['{"message":"405","error":{}}', 'the registry does not answer it', false],
    ['{"metadata":{"vulnerabilities":{"high":0,"critical":0,"total":0}}}', '0 known holes', false],
    [
      '{"metadata":{"vulnerabilities":{"low":2,"high":0,"critical":0,"total":2}},"vulnerabilities":{"a":{},"b":{}}}',
      '2 known holes, of which 0 high and 0 critical: a, b',
      false,
    ],
    [
      '{"metadata":{"vulnerabilities":{"high":1,"critical":0,"total":1}},"vulnerabilities":{"a":{}}}',
      '1 high',
      true,
    ],
  ])('of %s', async (output, words, isBad) => {
    const call = await load('.ci/audit.mjs');
    expect(call('judgeAudit', output)).toEqual({ text: expect.stringContaining(words), isBad });
  });
});

describe('the package without its optional peers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'thrum-'));
  let unpacked: UnpackedPackage;
  beforeAll(async () => {
    unpacked = await unpackPackage(folder);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = (env: Readonly<Record<string, string>>) =>
    run(join(unpacked.project, 'node_modules/.bin/thrum-bridge'), ['--nest', 'embedded'], {
      cwd: unpacked.project,
      env: { ...homeEnvironment(temporaryFolder()), ...env },
      timeout: 20_000,
    }).then(
      () => expect.fail('it runs'),
      (error: unknown) => z.object({ code: z.number(), stderr: z.string() }).parse(error),
    );

  it.each([
    ['REDIS_URL', 'redis://127.0.0.1:1', '@redis/client@'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:1', '@opentelemetry/exporter-trace-otlp-http@'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://127.0.0.1:1', '@opentelemetry/sdk-trace-base@'],
  ])('says what to install where %s asks for one', async (name, value, needed) => {
    expect(existsSync(join(unpacked.project, 'node_modules/@redis'))).toBe(false);
    const { code, stderr } = await start({ [name]: value });
    expect(code).toBe(78);
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      new RegExp(`^thrum-bridge: ${name} is set, and what it needs is not installed: npm install `),
    );
    expect(lines[0]).toContain(needed);
  });
});
