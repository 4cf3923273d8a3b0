/** A machine that lacks something: one line says what to set, and nothing hangs. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/core/make-folder.js';
import { startHumd } from '../commands/humd.js';
import { temporaryFolder } from '../temporary-folder.js';
import { runProgram, urlIn } from './run-program.js';

const isLinux = process.platform === 'linux';

async function complaintOf(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  home = temporaryFolder(),
) {
  const { exitCode, stdout, stderr } = await runProgram(args, { home, env }).ended();
  expect([exitCode, stdout]).toEqual([78, '']);
  expect(stderr).toMatch(/^thrum-bridge: .*\n$/);
  return stderr;
}

describe.runIf(isLinux)('a state folder in which nothing can be made', () => {
  it.each(['/proc/none', '/sys/none', '/dev/null/none'])(
    '%s ends with what to set, in front of a humd',
    async (state) => {
      const { home, socketPath } = await startHumd();
      const env = { XDG_STATE_HOME: state, HUM_THRUM_SOCK: socketPath };
      expect(await complaintOf([], env, home)).toContain(
        'set XDG_STATE_HOME, or HOME, to a folder that this user can write',
      );
    },
  );

  it('is no matter to the embedded echo, which answers, warns and ends on a signal', async () => {
    const program = runProgram(['--nest', 'embedded'], { env: { XDG_STATE_HOME: '/proc/none' } });
    const url = urlIn(await program.startLine());
    const body = JSON.stringify({ model: 'echo', prompt: 'hi', stream: false });
    expect((await fetch(`${url}/api/generate`, { method: 'POST', body })).status).toBe(200);
    program.process.kill('SIGTERM');
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    expect(stderr).toContain('its identity is forgotten at the end');
    expect(stderr).toContain('the journal cannot be written');
  });

  it('is not made, and not tried for ever', () => {
    expect(() => makeFolder('/proc/none/hum/bees', 0o700)).toThrow(/ENOENT|EACCES|EPERM/);
    const folder = join(temporaryFolder(), 'a/b/c');
    makeFolder(folder, 0o700);
    makeFolder(folder, 0o700);
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeFolder(join(folder, 'file/d'), 0o700)).toThrow(/ENOTDIR|EEXIST/);
  });
});

describe('what has to be set otherwise', () => {
  it('a folder for temporary files that is not there', async () => {
    expect(await complaintOf(['--nest', 'embedded'], { TMPDIR: '/nowhere' })).toContain(
      'can be made in /nowhere (ENOENT): set TMPDIR to a folder that this user can write',
    );
  });

  it('a host that does not resolve', async () => {
    const message = await complaintOf(['--nest', 'embedded', '--insecure'], {
      OLLAMA_SERVER_HOST: 'no-such-host.invalid',
    });
    const line = message.split('\n')[0];
    expect(line).toContain('host no-such-host.invalid is not known to this machine (');
    expect(line).toContain('set OLLAMA_SERVER_HOST to 127.0.0.1');
  });
});

describe('files with secrets that others can read', () => {
  it('are warned of at the start', async () => {
    const home = temporaryFolder();
    const keys = join(home, 'keys');
    writeFileSync(keys, 'a-key\n', { mode: 0o644 });
    const key = join(home, 'state/hum/bees/ollama-server.key');
    mkdirSync(join(key, '..'), { recursive: true });
    writeFileSync(key, Buffer.alloc(32));
    chmodSync(key, 0o640);
    const program = runProgram(['--nest', 'embedded', '--api-key', `@${keys}`], { home });
    await program.startLine();
    program.process.kill('SIGTERM');
    const { stderr } = await program.ended();
    expect(stderr).toContain(
      `${keys}, which holds API keys, has mode 0644: others can read or change it (chmod 600 ${keys})`,
    );
    expect(stderr).toContain(`${key}, which holds the secret key of the hive, has mode 0640`);
  });

  it('are a configuration with a key in it, and no other', async () => {
    const home = temporaryFolder();
    const path = join(home, 'config/hum/hives/ollama-server.json');
    mkdirSync(join(path, '..'), { recursive: true });
    const logWith = async (text: string) => {
      writeFileSync(path, text, { mode: 0o644 });
      const program = runProgram(['--nest', 'embedded'], { home });
      await program.startLine();
      program.process.kill('SIGTERM');
      return (await program.ended()).stderr;
    };
    expect(await logWith('{"apiKey": "a-key"}')).toContain(`${path}, which holds an API key, has mode 0644`);
    expect(await logWith('{"apiKey": ""}')).not.toContain('has mode');
  });
});

describe('OTEL_EXPORTER_OTLP_PROTOCOL', () => {
  it.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, true],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, false],
    [{}, false],
  ])('%j is named where it is not obeyed: %s', async (more, isNamed) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', ...more };
    const program = runProgram(['--nest', 'embedded'], { env });
    await program.startLine();
    program.process.kill('SIGTERM');
    const { stderr } = await program.ended();
    expect(stderr.includes('traces go out as http/json, and not as OTEL_EXPORTER_OTLP_PROTOCOL has it')).toBe(
      isNamed,
    );
  });
});
