import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listHives, listServers, UPSTREAM_WORKER } from '../../src/hive/hives.js';
import { Machine, PROJECT, write } from './machine.js';
import { readOrchfile } from './orchfile.js';
import { startTestBridge } from '../running-bridge.js';
import { startFakeUpstream } from '../upstream/fake-upstream.js';
import { ask, echoed, readStartLine, startHumd, startService } from './running-service.js';

const KIND = 'ollama-server';

function orchfileOf(kind: string, env: Readonly<Record<string, string>>) {
  return readOrchfile(readFileSync(join(PROJECT, 'hives', kind, 'Orchfile'), 'utf8'), env);
}

function portOf(kind: string): string {
  return `${kind.toUpperCase().replaceAll('-', '_')}_PORT`;
}

describe.each(listServers())('the Orchfile of %s', (kind) => {
  it("has a RUN line that gets an answer from humd, after the hive's build", async () => {
    const machine = new Machine({ checkout: 'check out', home: 'ho me', program: 'real' });
    const humd = await startHumd();
    expect(await machine.run(kind, 'build')).toMatchObject({ code: 0, stderr: '' });
    const env = { HOME: machine.home, HUM_THRUM_SOCK: humd.socketPath, [portOf(kind)]: '0' };
    const { run, environment } = orchfileOf(kind, env);
    const url = await startService({ command: [run], environment }, machine.home);
    expect(await ask(url, 'Hello?')).toEqual(echoed('Hello?'));
  });
});

describe.each(listHives())('the Orchfile of %s', (kind) => {
  it('names the hive, and lets the configuration say what the environment does not', () => {
    const { service, run, environment, restart } = orchfileOf(kind, { HOME: '/home/max' });
    expect({ service, run, restart }).toEqual({
      service: kind,
      run: `/home/max/.local/bin/${kind}`,
      restart: 'always',
    });
    expect(new Set(Object.values(environment))).toEqual(new Set(['']));
    expect(Object.keys(environment)).toEqual(
      expect.arrayContaining(['HUM_THRUM_SOCK', kind === UPSTREAM_WORKER ? 'OPENAI_API_BASE' : portOf(kind)]),
    );
  });
});

describe('the Orchfile of upstream-worker', () => {
  it("has a RUN line that answers for humd, after the hive's build", async () => {
    const machine = new Machine({ checkout: 'check out', home: 'ho me', program: 'real' });
    const humd = await startHumd();
    const upstream = await startFakeUpstream();
    expect(await machine.run(UPSTREAM_WORKER, 'build')).toMatchObject({ code: 0, stderr: '' });
    const env = { HOME: machine.home, HUM_THRUM_SOCK: humd.socketPath, OPENAI_API_BASE: upstream.base };
    const { run, environment } = orchfileOf(UPSTREAM_WORKER, env);
    const line = await readStartLine({ command: [run], environment }, machine.home);
    expect(line).toMatch(/ \| models: llama3$/);
    const { url } = await startTestBridge({ place: humd });
    const said = { role: 'assistant', content: 'hi' };
    expect(await ask(url, 'Hello?', 'llama3')).toMatchObject({ status: 200, body: { message: said } });
  });
});

describe('build', () => {
  it('puts only the launcher into the home', async () => {
    const machine = new Machine();
    await machine.run(KIND, 'build');
    expect(Object.keys(machine.snapshot())).toEqual([machine.launcher(KIND)]);
    expect(statSync(machine.launcher(KIND)).mode & 0o777).toBe(0o755);
    expect(machine.takeCalls()).toEqual([]);
  });

  it('leaves a launcher that passes arguments on', async () => {
    const machine = new Machine({ program: 'real' });
    await machine.run(KIND, 'build');
    const { code, stdout } = await machine.runFile(
      machine.launcher(KIND),
      ['--print-config'],
      {},
      machine.home,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('# ollama-server\n');
  });

  it('keeps a program that was in the place of the launcher', async () => {
    const machine = new Machine();
    write(machine.launcher(KIND), 'the binary of somebody else', 0o755);
    await machine.run(KIND, 'build');
    await machine.run(KIND, 'build');
    expect(readFileSync(`${machine.launcher(KIND)}.before-thrum-bridge`, 'utf8')).toBe(
      'the binary of somebody else',
    );
    expect(readFileSync(machine.launcher(KIND), 'utf8')).toContain('exec ');
  });

  it('replaces a link in the place of the launcher, and not what it points to', async () => {
    const machine = new Machine();
    const target = join(machine.home, 'target');
    writeFileSync(target, 'of somebody else');
    mkdirSync(join(machine.home, '.local', 'bin'), { recursive: true });
    symlinkSync(target, machine.launcher(KIND));
    await machine.run(KIND, 'build');
    expect(readFileSync(target, 'utf8')).toBe('of somebody else');
    expect(readFileSync(machine.launcher(KIND), 'utf8')).toContain('exec ');
  });

  it('says what to do when it cannot write', async () => {
    const machine = new Machine();
    writeFileSync(join(machine.home, '.local'), 'a file where a folder is to be');
    const { code, stderr } = await machine.run(KIND, 'build');
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot write in ${machine.home}/.local/bin: make it a folder of yours`);
  });

  it('--dry-run does nothing', async () => {
    const machine = new Machine();
    const { code, stdout } = await machine.run(KIND, 'build', ['--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain(`would write ${machine.launcher(KIND)} (mode 755)`);
    expect(machine.snapshot()).toEqual({});
  });

  it('says what to do when the package is not whole', async () => {
    const machine = new Machine();
    rmSync(join(machine.checkout, 'dist'), { recursive: true });
    const { code, stderr } = await machine.run(KIND, 'build');
    expect(code).toBe(1);
    expect(stderr).toContain('get the whole package again');
  });

  it('says what to do when the program does not start', async () => {
    const machine = new Machine();
    write(join(machine.checkout, 'dist', 'main.js'), "import 'a-package-that-is-not-installed';");
    const { code, stderr } = await machine.run(KIND, 'build');
    expect(code).toBe(1);
    expect(stderr).toContain("dist/main.js does not start: run 'npm ci' in");
    expect(existsSync(machine.launcher(KIND))).toBe(false);
  });
});

const BEFORE = new Date('2020-01-01');
const AFTER = new Date('2020-01-02');

interface Dates {
  readonly lock: Date;
  readonly source: Date;
  /** Undefined: not there. */
  readonly installed: Date | undefined;
  readonly built: Date | undefined;
}

/** A checkout with sources, and a program that does nothing but start. */
function checkoutWithSources({ lock, source, installed, built }: Dates): Machine {
  const machine = new Machine();
  const put = (path: string, date: Date | undefined) => {
    if (date === undefined) return;
    write(join(machine.checkout, path), '');
    utimesSync(join(machine.checkout, path), date, date);
  };
  rmSync(join(machine.checkout, 'node_modules'));
  rmSync(join(machine.checkout, 'dist'), { recursive: true });
  utimesSync(join(machine.checkout, 'package.json'), BEFORE, BEFORE);
  put('package-lock.json', lock);
  put('src/folder/source.ts', source);
  put('tsconfig.json', BEFORE);
  put('node_modules/.package-lock.json', installed);
  put('dist/main.js', built);
  machine.stub(
    'npm',
    machine.recording('npm'),
    'mkdir -p dist node_modules',
    'case $1 in ci) : >node_modules/.package-lock.json ;; esac',
    ': >dist/main.js',
  );
  return machine;
}

const CI = 'npm ci --include=dev';
const BUILD = 'npm run build';

describe('build, in a checkout', () => {
  it.each([
    { name: 'nothing is outdated', lock: BEFORE, installed: AFTER, source: BEFORE, built: AFTER, calls: [] },
    {
      name: 'a source is newer than the program',
      lock: BEFORE,
      installed: AFTER,
      source: AFTER,
      built: BEFORE,
      calls: [BUILD],
    },
    {
      name: 'nothing is built',
      lock: BEFORE,
      installed: AFTER,
      source: BEFORE,
      built: undefined,
      calls: [BUILD],
    },
    {
      name: 'the packages are older than the lock file',
      lock: AFTER,
      installed: BEFORE,
      source: BEFORE,
      built: AFTER,
      calls: [CI],
    },
    {
      name: 'there is nothing yet (npm ci builds too)',
      lock: BEFORE,
      installed: undefined,
      source: BEFORE,
      built: undefined,
      calls: [CI],
    },
  ])('runs what is needed when $name', async ({ calls, ...dates }) => {
    const machine = checkoutWithSources(dates);
    expect(await machine.run(KIND, 'build')).toMatchObject({ code: 0, stderr: '' });
    expect(machine.takeCalls()).toEqual(calls);
    await machine.run(KIND, 'build');
    expect(machine.takeCalls()).toEqual([]);
  });

  const OUTDATED = { lock: AFTER, installed: BEFORE, source: AFTER, built: BEFORE };

  it('only says so in a dry run', async () => {
    const machine = checkoutWithSources(OUTDATED);
    const { code, stdout } = await machine.run(KIND, 'build', ['--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain(`would run in ${machine.checkout}: ${CI}\n`);
    expect(stdout).toContain(`would run in ${machine.checkout}: ${BUILD}\n`);
    expect(machine.takeCalls()).toEqual([]);
  });

  it('can say what install would do before anything is built', async () => {
    const machine = checkoutWithSources({ ...OUTDATED, built: undefined });
    const { code, stdout } = await machine.run(KIND, 'install', ['--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain(`would write ${machine.unit(KIND)}`);
    expect(machine.snapshot()).toEqual({});
  });

  it('says what to do when npm fails', async () => {
    const machine = checkoutWithSources(OUTDATED);
    machine.stub('npm', 'echo "no network" >&2', 'exit 1');
    const { code, stderr } = await machine.run(KIND, 'build');
    expect(code).toBe(1);
    expect(stderr).toContain(`'${CI}' failed: put right what it says above`);
    expect(machine.snapshot()).toEqual({});
  });

  it('says what to do when there is no npm', async () => {
    const machine = checkoutWithSources(OUTDATED);
    machine.remove('npm');
    const { code, stderr } = await machine.run(KIND, 'build');
    expect(code).toBe(1);
    expect(stderr).toContain('npm is not on the PATH');
  });
});
