import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { homeEnvironment } from '../program/home-environment.js';
import { urlIn } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type UnpackedPackage, unpackPackage } from './unpacked-package.js';

const run = promisify(execFile);
const { version }: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));

/** As somebody uses the library. */
const USE = `
import { Hono } from 'hono';
import { createBridge, type MountedBridge } from 'thrum-bridge';
declare const process: { stdout: { write(text: string): void } };

// @ts-expect-error: no such nest
const wrong = () => createBridge({ nest: 'none' });
// @ts-expect-error: no such key
const misspelt = () => createBridge({ config: { modells: ['a'] } });

const bridge: MountedBridge = await createBridge({ nest: 'embedded', config: { models: ['sky'], turnTimeoutMs: 5_000 } });
const app = new Hono();
app.route('/llm', bridge.app);
const body = JSON.stringify({ model: 'sky', stream: false, messages: [{ role: 'user', content: 'Why is the sky blue?' }] });
const answer = await app.request('/llm/api/chat', { method: 'POST', body });
process.stdout.write((await answer.json()).message.content);
const count: number = bridge.status().turns.total;
if (count !== 1) throw new Error(\`\${count} turns\`);
await bridge.close();
`;

/** Stands behind the example of the documentation. */
const ASK_AND_CLOSE = `
if (!server.listening) await new Promise((listening) => server.once('listening', listening));
const url = \`http://127.0.0.1:\${server.address().port}\`;
const messages = [{ role: 'user', content: 'Why?' }];
const body = JSON.stringify({ model: 'echo', stream: false, messages });
const own = await (await fetch(url)).text();
const { message } = await (await fetch(\`\${url}/llm/api/chat\`, { method: 'POST', body })).json();
process.stdout.write(\`\${own}, \${message.content}\`);
process.kill(process.pid, 'SIGTERM');
`;

function environment(home: string): NodeJS.ProcessEnv {
  return { ...homeEnvironment(home), NO_UPDATE_NOTIFIER: '1' };
}

/** As a user types it in a project that has the package: nothing is fetched. */
async function npx({ project }: UnpackedPackage, args: readonly string[]): Promise<string> {
  const { stdout } = await run('npx', ['--no-install', '--offline', 'thrum-bridge', ...args], {
    cwd: project,
    env: environment(temporaryFolder()),
  });
  return stdout;
}

describe('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'thrum-'));
  let unpacked: UnpackedPackage;
  beforeAll(async () => {
    unpacked = await unpackPackage(folder);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs from its tarball, with the dependencies that it names and without a network', async () => {
    const [stated, help] = await Promise.all([npx(unpacked, ['--version']), npx(unpacked, ['--help'])]);
    expect(stated).toBe(`${version}\n`);
    expect(help).toContain('Usage: thrum-bridge');

    const child = spawn(join(unpacked.project, 'node_modules/.bin/thrum-bridge'), ['--nest', 'embedded'], {
      cwd: unpacked.project,
      env: environment(temporaryFolder()),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const line = await new Promise<string>((settle, reject) => {
      child.stdout.once('data', (chunk) => settle(String(chunk)));
      child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
    });
    const url = urlIn(line);
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'claude-sonnet-4-6', messages: [{ role: 'user', content: 'Why?' }] }),
    });
    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'Why?' } }] });
    const document = await fetch(`${url}/openapi.json`);
    expect(await document.json()).toMatchObject({ openapi: '3.1.0', info: { version } });
    // A large body is read in a thread, from a file of its own.
    const large = await fetch(`${url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'claude-sonnet-4-6',
        stream: false,
        messages: [{ role: 'user', content: 'Why?' }],
        unknown: 'a'.repeat(1_200_000),
      }),
    });
    expect(large.status).toBe(200);
    await large.body?.cancel();

    const home = temporaryFolder();
    const hive = join(unpacked.root, 'hives/ollama-server');
    await run(join(hive, 'build'), [], { env: environment(home) });
    const launched = await run(join(home, '.local/bin/ollama-server'), ['--print-config'], {
      env: environment(home),
    });
    expect(launched.stdout).toContain('ollama-server');
  });

  it('gives a library with types, which ends with what it has started and writes nothing', async () => {
    const { project } = unpacked;
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(join(project, 'use.ts'), USE);
    const options = [
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--strict',
      '--types',
      '',
      '--skipLibCheck',
    ];
    await run('npx', ['tsc', '--ignoreConfig', ...options, join(project, 'use.ts')]);
    const ran = await run(process.execPath, [join(project, 'use.js')], {
      env: environment(temporaryFolder()),
    });
    expect(ran).toEqual({ stdout: 'Why is the sky blue?', stderr: '' });

    const examples = readFileSync('hives/EXAMPLES.md', 'utf8');
    const example = examples
      .split('```')
      .find((block) => block.startsWith('js\n') && block.includes('createBridge'));
    expect(example).toBeDefined();
    writeFileSync(
      join(project, 'example.js'),
      `${example?.slice(3).replace('port: 3000', 'port: 0')}${ASK_AND_CLOSE}`,
    );
    const served = await run(process.execPath, ['example.js'], {
      cwd: project,
      env: environment(temporaryFolder()),
    });
    expect(served).toEqual({ stdout: 'a server of my own, Why?', stderr: '' });
  });

  it('holds what runs and what one reads, and nothing else', () => {
    const { files, bytes } = unpacked;
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'package.json',
        'README.md',
        'LICENSE',
        'dist/main.js',
        'hives/docker/Dockerfile',
      ]),
    );
    const odd = paths.filter(
      (path) =>
        !/^(dist|hives)\/|^(package\.json|README\.md|LICENSE)$/.test(path) ||
        /\.(map|(?<!\.d\.)ts|tgz)$/.test(path),
    );
    expect(paths).toContain('dist/library.d.ts');
    // Only what the types of the library stand in.
    expect(paths.filter((path) => path.endsWith('.d.ts')).length).toBeLessThan(30);
    expect(odd).toEqual([]);
    expect(bytes).toBeLessThan(1_500_000);
    const scripts = files.filter(({ path }) => /^hives\/[\w-]+\/(install|build)$/.test(path));
    expect(scripts.length).toBeGreaterThan(4);
    expect(scripts.filter(({ mode }) => (mode & 0o111) !== 0o111)).toEqual([]);
    expect(readFileSync('dist/main.js', 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('has no module whose source is gone', () => {
    const built = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.js') && !path.startsWith('chunk-'),
    );
    const orphans = built.filter(
      (path) => !existsSync(join('src', path)) && !existsSync(join('src', path.replace(/\.js$/, '.ts'))),
    );
    expect(built.length).toBeGreaterThan(100);
    expect(orphans).toEqual([]);
  });
});

describe('the version', () => {
  it('stands in package.json and is written nowhere in the program', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.(ts|js|html)$/.test(path),
    );
    const repeating = sources.filter((path) =>
      readFileSync(join('src', path), 'utf8').includes(`'${version}'`),
    );
    expect(repeating).toEqual([]);
  });

  it('is the latest one of the changelog, and that of the README’s examples', () => {
    const readme = readFileSync('README.md', 'utf8');
    const changelog = readFileSync('CHANGELOG.md', 'utf8');
    expect(/^## (\S+?),? /m.exec(changelog)?.[1]).toBe(version);
    expect(/^thrum-bridge (\d\S*): /m.exec(readme)?.[1]).toBe(version);
    const operating = readFileSync('hives/OPERATING.md', 'utf8');
    expect(/thrum-bridge-(\S+)\.tgz/.exec(operating)?.[1]).toBe(version);
  });
});
