import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine, type MachineOptions } from './machine.js';
import { readPlist } from './plist.js';
import { ask, echoed, startHumd, startService } from './running-service.js';

const KIND = 'openai-server';
const LABEL = 'sh.hum.hum-openai-server';
const DOMAIN = `gui/${process.getuid?.()}`;

function mac(options: Omit<MachineOptions, 'system'> = {}): Machine {
  return new Machine({ ...options, system: 'Darwin' });
}

describe('install, on macOS', () => {
  it('writes this agent', async () => {
    const machine = mac();
    expect(await machine.run(KIND, 'install')).toMatchObject({ code: 0, stderr: '' });
    const { home, checkout } = machine;
    expect(readFileSync(machine.plist(KIND), 'utf8')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
    <string>${process.execPath}</string>
    <string>${checkout}/dist/main.js</string>
    <string>openai-server</string>
    <string>--nest</string>
    <string>hum</string>
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>HUM_THRUM_SOCK</key><string>${home}/run/hum/thrum.sock</string>
    <key>XDG_CONFIG_HOME</key><string>${home}/xdg config</string>
    <key>XDG_STATE_HOME</key><string>${home}/.local/state</string>
    <key>XDG_RUNTIME_DIR</key><string>${home}/run</string>
  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>2</integer>
  <key>StandardOutPath</key><string>${home}/Library/Logs/${LABEL}.out.log</string>
  <key>StandardErrorPath</key><string>${home}/Library/Logs/${LABEL}.err.log</string>
</dict>
</plist>
`);
    expect(existsSync(join(home, 'Library', 'Logs'))).toBe(true);
  });

  it('loads it anew', async () => {
    const machine = mac();
    await machine.run(KIND, 'install');
    expect(machine.takeCalls()).toEqual([
      `launchctl bootout ${DOMAIN}/${LABEL}`,
      `launchctl bootstrap ${DOMAIN} ${machine.plist(KIND)}`,
    ]);
  });

  it.each([
    { name: 'plain paths', folder: 'checkout', home: 'home' },
    { name: 'paths with all that has a meaning', folder: `it's & <b> "5%" $HOME`, home: `Max & "Mo" <é> \\` },
  ])('with $name the command of the agent gets an answer from humd', async ({ folder, home }) => {
    const machine = mac({ checkout: folder, home, program: 'real' });
    const socketPath = join(machine.home, 'thrum.sock');
    symlinkSync((await startHumd()).socketPath, socketPath);
    const env = { HUM_THRUM_SOCK: socketPath, OPENAI_SERVER_PORT: '0' };
    expect(await machine.run(KIND, 'install', [], env)).toMatchObject({ code: 0, stderr: '' });
    const url = await startService(readPlist(readFileSync(machine.plist(KIND), 'utf8')), machine.home);
    expect(await ask(url, 'Hello?')).toEqual(echoed('Hello?'));
  });

  it('names no runtime folder if the user has none', async () => {
    const machine = mac();
    await machine.run(KIND, 'install', [], { XDG_RUNTIME_DIR: '' });
    expect(readPlist(readFileSync(machine.plist(KIND), 'utf8')).environment).not.toHaveProperty(
      'XDG_RUNTIME_DIR',
    );
  });

  it('tries again while launchd has not let go of the agent of before', async () => {
    const machine = mac();
    const mark = join(machine.home, 'tried');
    machine.stub(
      'launchctl',
      machine.recording('launchctl'),
      `if [ "$1" = bootstrap ] && [ ! -f "${mark}" ]; then : >"${mark}"; echo "5: Input/output error" >&2; exit 5; fi`,
    );
    expect(await machine.run(KIND, 'install')).toMatchObject({ code: 0, stderr: '' });
    const bootstrap = `launchctl bootstrap ${DOMAIN} ${machine.plist(KIND)}`;
    expect(machine.takeCalls().slice(1)).toEqual([bootstrap, bootstrap]);
  });

  it('loads in the old way where bootstrap does not work', async () => {
    const machine = mac();
    machine.stub('launchctl', machine.recording('launchctl'), '[ "$1" = load ]');
    expect(await machine.run(KIND, 'install')).toMatchObject({ code: 0, stderr: '' });
    expect(machine.takeCalls().at(-1)).toBe(`launchctl load -w ${machine.plist(KIND)}`);
  });

  it('says what to do when launchctl refuses', async () => {
    const machine = mac();
    machine.stub('launchctl', 'exit 1');
    const { code, stderr } = await machine.run(KIND, 'install');
    expect(code).toBe(1);
    expect(stderr).toContain(`launchctl could not start ${LABEL}: log in on the screen`);
  });

  it('says what to do when there is no launchctl', async () => {
    const machine = mac();
    machine.remove('launchctl');
    const { code, stderr } = await machine.run(KIND, 'install');
    expect(code).toBe(1);
    expect(stderr).toContain('there is no launchctl here');
    expect(Object.keys(machine.snapshot())).toEqual([machine.launcher(KIND), machine.config(KIND)]);
  });
});

describe('a second install, on macOS', () => {
  it('writes no file again, and loads the agent anew', async () => {
    const machine = mac();
    await machine.run(KIND, 'install');
    const before = machine.snapshot();
    const calls = machine.takeCalls();
    expect(await machine.run(KIND, 'install')).toMatchObject({ code: 0, stderr: '' });
    expect(machine.snapshot()).toEqual(before);
    expect(machine.takeCalls()).toEqual(calls);
  });
});

describe('install --dry-run, on macOS', () => {
  it('says each step and takes none', async () => {
    const machine = mac();
    const { code, stdout } = await machine.run(KIND, 'install', ['--dry-run']);
    expect(code).toBe(0);
    expect(machine.snapshot()).toEqual({});
    expect(machine.takeCalls()).toEqual([]);
    expect(stdout).toContain(`would write ${machine.plist(KIND)}`);
    expect(stdout).toContain(`would run: launchctl bootstrap ${DOMAIN} ${machine.plist(KIND)}`);
  });
});

describe('install uninstall, on macOS', () => {
  it('stops and removes the agent, and keeps the rest', async () => {
    const machine = mac();
    await machine.run(KIND, 'install');
    machine.takeCalls();
    const { [machine.plist(KIND)]: plist, ...rest } = machine.snapshot();
    expect(plist).toBeDefined();
    expect(await machine.run(KIND, 'install', ['uninstall'])).toMatchObject({ code: 0, stderr: '' });
    expect(machine.snapshot()).toEqual(rest);
    expect(machine.takeCalls()).toEqual([`launchctl bootout ${DOMAIN}/${LABEL}`]);
  });
});
