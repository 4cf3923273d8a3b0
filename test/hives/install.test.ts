import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine, write } from './machine.js';
import { startFakeUpstream } from '../upstream/fake-upstream.js';
import { ask, echoed, readStartLine, startHumd, startService } from './running-service.js';
import { readUnit } from './unit-file.js';

const KIND = 'ollama-server';
const FREE_PORT = { OLLAMA_SERVER_PORT: '0' };
/** But no backslash: Node loads no module from such a path. */
const AWKWARD = `it's 50% "off" & <b> $HOME é`;

describe('install, where there is systemd', () => {
  it('writes this unit', async () => {
    const machine = new Machine();
    expect(await machine.run(KIND, 'install')).toMatchObject({ code: 0, stderr: '' });
    const config = join(machine.home, 'xdg config');
    expect(readFileSync(machine.unit(KIND), 'utf8')).toBe(`[Unit]
Description=ollama-server: a bee of hum, by thrum-bridge

[Service]
Type=simple
Environment=HUM_THRUM_SOCK=${machine.home}/run/hum/thrum.sock
Environment="XDG_CONFIG_HOME=${config}"
Environment=XDG_STATE_HOME=${machine.home}/.local/state
Environment=XDG_RUNTIME_DIR=${machine.home}/run
ExecStart=${process.execPath} ${machine.checkout}/dist/main.js ollama-server --nest hum
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=2s
RestartPreventExitStatus=78
SyslogIdentifier=hum-ollama-server

[Install]
WantedBy=default.target
`);
  });

  it('makes systemd read, enable and start it', async () => {
    const machine = new Machine();
    await machine.run(KIND, 'install');
    expect(machine.takeCalls()).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable hum-ollama-server.service',
      'systemctl --user restart hum-ollama-server.service',
    ]);
  });

  it.each([
    { kind: 'ollama-server', prefix: 'OLLAMA_SERVER' },
    { kind: 'openai-server', prefix: 'OPENAI_SERVER' },
    { kind: 'anthropic-server', prefix: 'ANTHROPIC_SERVER' },
    { kind: 'lmstudio-server', prefix: 'LMSTUDIO_SERVER' },
  ])('$kind: the command line of the unit gets an answer from humd', async ({ kind, prefix }) => {
    const machine = new Machine({ program: 'real' });
    const humd = await startHumd();
    const env = { HUM_THRUM_SOCK: humd.socketPath, [`${prefix}_PORT`]: '0' };
    expect(await machine.run(kind, 'install', [], env)).toMatchObject({ code: 0 });
    const url = await startService(readUnit(readFileSync(machine.unit(kind), 'utf8')), machine.home);
    expect(await ask(url, 'Hello?')).toEqual(echoed('Hello?'));
  });

  it('upstream-worker: the unit runs a worker, which knows its server from the file', async () => {
    const machine = new Machine({ program: 'real' });
    const humd = await startHumd();
    const upstream = await startFakeUpstream();
    const env = {
      HUM_THRUM_SOCK: humd.socketPath,
      OPENAI_API_BASE: upstream.base,
      OPENAI_API_KEY: 'sk-mine',
    };
    expect(await machine.run('upstream-worker', 'install', [], env)).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(readFileSync(machine.config('upstream-worker'), 'utf8'))).toEqual({
      base: upstream.base,
      apiKey: 'sk-mine',
    });
    const unit = readUnit(readFileSync(machine.unit('upstream-worker'), 'utf8'));
    expect(await readStartLine(unit, machine.home)).toMatch(/ upstream-worker for \S+ .* \| models: llama3$/);
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer sk-mine');
  });

  it.each([
    { name: 'spaces', folder: 'my own', home: 'home sweet home' },
    { name: 'all that has a meaning somewhere', folder: AWKWARD, home: `${AWKWARD} \\n \\` },
  ])('works with $name in the paths of checkout, home and socket', async ({ folder, home }) => {
    const machine = new Machine({ checkout: folder, home, program: 'real' });
    const socketPath = join(machine.home, `${folder}.sock`);
    symlinkSync((await startHumd()).socketPath, socketPath);
    const outcome = await machine.run(KIND, 'install', [], { ...FREE_PORT, HUM_THRUM_SOCK: socketPath });
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    const service = readUnit(readFileSync(machine.unit(KIND), 'utf8'));
    expect(service).toEqual({
      command: [process.execPath, join(machine.checkout, 'dist', 'main.js'), KIND, '--nest', 'hum'],
      environment: {
        HUM_THRUM_SOCK: socketPath,
        XDG_CONFIG_HOME: join(machine.home, 'xdg config'),
        XDG_STATE_HOME: join(machine.home, '.local', 'state'),
        XDG_RUNTIME_DIR: join(machine.home, 'run'),
      },
    });
    expect(await ask(await startService(service, machine.home), 'Hello?')).toEqual(echoed('Hello?'));
    const launched = { command: [machine.launcher(KIND)], environment: service.environment };
    expect(await ask(await startService(launched, machine.home), 'Again?')).toEqual(echoed('Again?'));
  });

  it('runs before there is a humd, and says where it looks for one', async () => {
    const machine = new Machine({ program: 'real' });
    const { stdout } = await machine.run(KIND, 'install', [], FREE_PORT);
    expect(stdout).toContain(`no humd at ${machine.home}/run/hum/thrum.sock yet`);
    const url = await startService(readUnit(readFileSync(machine.unit(KIND), 'utf8')), machine.home);
    expect(await (await fetch(`${url}/api/version`)).json()).toEqual({
      version: expect.stringMatching(/^\d/),
    });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
  });

  it('takes the socket that a running humd has published', async () => {
    const machine = new Machine();
    const published = join(machine.home, 'elsewhere', 'thrum.sock');
    write(
      join(machine.home, '.local', 'state', 'hum', 'runtime.json'),
      JSON.stringify({ socket: published }),
    );
    await machine.run(KIND, 'install');
    const { environment } = readUnit(readFileSync(machine.unit(KIND), 'utf8'));
    expect(environment).toMatchObject({ HUM_THRUM_SOCK: published });
  });

  it('keeps the socket that the configuration names', async () => {
    const machine = new Machine();
    write(machine.config(KIND), '{"thrumSock":"/from/the/file.sock"}');
    await machine.run(KIND, 'install');
    const { environment } = readUnit(readFileSync(machine.unit(KIND), 'utf8'));
    expect(environment).toMatchObject({ HUM_THRUM_SOCK: '/from/the/file.sock' });
  });

  it('ignores XDG folders that are not absolute, as the program does', async () => {
    const machine = new Machine();
    await machine.run(KIND, 'install', [], { XDG_CONFIG_HOME: 'relative', XDG_STATE_HOME: 'relative' });
    const unit = join(machine.home, '.config', 'systemd', 'user', `hum-${KIND}.service`);
    expect(readUnit(readFileSync(unit, 'utf8')).environment).toMatchObject({
      XDG_CONFIG_HOME: join(machine.home, '.config'),
      XDG_STATE_HOME: join(machine.home, '.local', 'state'),
    });
  });

  it('works through links, from any folder, whatever CDPATH says', async () => {
    const machine = new Machine();
    const links = join(machine.home, 'some links');
    mkdirSync(links);
    symlinkSync('../../checkout/hives/ollama-server', join(links, 'hive'));
    symlinkSync('hive/install', join(links, 'first'));
    symlinkSync(join(links, 'first'), join(links, 'second'));
    const outcome = await machine.runFile('./second', ['--no-check'], { CDPATH: machine.checkout }, links);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(readUnit(readFileSync(machine.unit(KIND), 'utf8')).command).toContain(
      join(machine.checkout, 'dist', 'main.js'),
    );
  });
});
