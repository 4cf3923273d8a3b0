import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { listServers, readDefaults } from '../../src/hive/hives.js';
import { startEmbeddedBridge } from '../clients/embedded-bridge.js';
import { runProgram } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';

const run = promisify(execFile);
const FILE = 'hives/docker/Dockerfile';

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Comments left out, lines that go on put together. */
function readInstructions(): readonly Instruction[] {
  const lines = readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, '');
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', text = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
      expect(name, line).not.toBe('');
      return { name, text };
    });
}

const instructions = readInstructions();
const last = instructions.findLastIndex(({ name }) => name === 'FROM');
const finalStage = instructions.slice(last + 1);

function only(name: string): string {
  const found = finalStage.filter((one) => one.name === name);
  expect(found.length, name).toBe(1);
  return found[0]?.text ?? '';
}

function environment(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    only('ENV')
      .split(/\s+/)
      .map((pair): [string, string] => {
        const [key = '', ...value] = pair.split('=');
        return [key, value.join('=')];
      }),
  );
}

/** The words of an instruction in JSON form, which starts no shell. */
function words(text: string): readonly string[] {
  const value: unknown = JSON.parse(text.slice(text.indexOf('[')));
  return Array.isArray(value) ? value.map(String) : [];
}

describe('the Dockerfile', () => {
  it('starts from one exact version of a slim Node that is maintained (24: until April 2028)', () => {
    const stages = new Set<string>();
    for (const { text } of instructions.filter(({ name }) => name === 'FROM')) {
      const [, image = '', stage] = /^(\S+)(?: AS (\w+))?$/.exec(text) ?? [];
      const [, major] = /^node:(\d+)\.\d+\.\d+-\w+-slim$/.exec(image) ?? [];
      if (!stages.has(image)) expect(Number(major), text).toBeGreaterThanOrEqual(24);
      if (stage !== undefined) stages.add(stage);
    }
  });

  it('runs as somebody other than root, with only what is needed to run', () => {
    expect(only('USER')).toBe('node');
    const user = finalStage.findIndex(({ name }) => name === 'USER');
    const after = finalStage.slice(user).map(({ name }) => name);
    expect(after).not.toContain('RUN');
    expect(after).not.toContain('COPY');
    const copied = finalStage.filter(({ name }) => name === 'COPY').map(({ text }) => text);
    expect(copied.every((text) => text.startsWith('--from='))).toBe(true);
    const [, stage] = copied.map((text) => /^--from=(\w+) \S*node_modules /.exec(text)).find(Boolean) ?? [];
    const at = instructions.findIndex(({ name, text }) => name === 'FROM' && text.endsWith(` AS ${stage}`));
    expect(instructions[at + 1]?.text).toContain('npm ci --omit=dev');
  });

  it('holds no secret, fetches nothing by itself, and sends nothing to the build that could be one', () => {
    const all = instructions.map(({ name, text }) => `${name} ${text}`).join('\n');
    expect(all).not.toMatch(/^ADD |^ARG |curl|wget|sudo|:latest|apt-get/m);
    expect(all).not.toMatch(/(KEY|TOKEN|SECRET|PASSWORD)\w*=/i);
    const [first, ...rules] = readFileSync(`${FILE}.dockerignore`, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    for (const rule of rules) expect(existsSync(rule.replace(/^!/, '')), rule).toBe(true);
    const copied = instructions
      .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
      .flatMap(({ text }) => text.split(' ').slice(0, -1))
      .filter((path) => path !== '.');
    for (const path of copied) expect(rules, path).toContain(`!${path}`);
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const needed = String(scripts.build)
      .split(/[\s'"]+/)
      .filter((word) => /^[\w.-]+\.(json|mjs)$/.test(word));
    expect(needed).toContain('tsconfig.build.json');
    for (const path of needed) expect(rules, path).toContain(`!${path}`);
  });

  it('has a program that gets signals, and the ports of all hives', () => {
    expect(words(only('ENTRYPOINT'))).toEqual(['node', '/app/dist/main.js']);
    expect(listServers()).toContain(words(only('CMD'))[0]);
    const ports = listServers().map((kind) => String(readDefaults(kind)['port']));
    expect(only('EXPOSE').split(' ').toSorted()).toEqual(ports.toSorted());
    const hosts = listServers().map((kind) => `${kind.toUpperCase().replaceAll('-', '_')}_HOST`);
    for (const name of hosts) expect(environment()[name]).toBe('0.0.0.0');
  });

  it('has a health check that tells a bridge that is there from one that is not', async () => {
    const [program = '', ...args] = words(only('HEALTHCHECK'));
    expect(program).toBe('node');
    const check = (url: string) =>
      run(process.execPath, args, { env: { HEALTH_URL: url } }).then(
        () => 'healthy',
        () => 'unhealthy',
      );
    const path = new URL(environment()['HEALTH_URL'] ?? '').pathname;
    const { url } = await startEmbeddedBridge({ OLLAMA_SERVER_API_KEY: 'a-key' });
    expect(await check(url + path)).toBe('healthy');
    expect(await check(`${url}/api/version`)).toBe('unhealthy');
    expect(await check('http://127.0.0.1:1/healthz')).toBe('unhealthy');
  });

  it('starts no hive without a key in the environment that it sets', async () => {
    const folder = temporaryFolder();
    const env = {
      ...environment(),
      HUM_THRUM_SOCK: join(folder, 'thrum.sock'),
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CONFIG_HOME: join(folder, 'config'),
    };
    const ended = await runProgram(words(only('CMD')), { env }).ended();
    expect(ended.exitCode).toBe(78);
    expect(ended.stderr).toContain('--insecure');
  });
});
