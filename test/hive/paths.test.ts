import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  configHome,
  configPath,
  keyPath,
  resolveSocketPath,
  rosterPath,
  stateHome,
} from '../../src/hive/paths.js';
import { temporaryFolder } from '../temporary-folder.js';

/** An id that no user has. */
const UID = 4_000_000_001;

describe('homes', () => {
  it.each([
    [{ XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', HOME: '/h' }, '/c', '/s'],
    [{ HOME: '/h' }, '/h/.config', '/h/.local/state'],
    [{ XDG_CONFIG_HOME: '', XDG_STATE_HOME: '', HOME: '/h' }, '/h/.config', '/h/.local/state'],
    [{ XDG_CONFIG_HOME: 'c', XDG_STATE_HOME: './s', HOME: '/h' }, '/h/.config', '/h/.local/state'],
    [{}, join(homedir(), '.config'), join(homedir(), '.local/state')],
    [{ HOME: '' }, join(homedir(), '.config'), join(homedir(), '.local/state')],
    [{ HOME: 'h' }, join(homedir(), '.config'), join(homedir(), '.local/state')],
  ])('%j: %s and %s', (env, config, state) => {
    expect(configHome(env)).toBe(config);
    expect(stateHome(env)).toBe(state);
  });

  it('holds the files where hum has them', () => {
    const env = { XDG_STATE_HOME: '/s' };
    expect(configPath('/c', 'ollama-server')).toBe('/c/hum/hives/ollama-server.json');
    expect(keyPath(env, 'ollama-server')).toBe('/s/hum/bees/ollama-server.key');
    expect(rosterPath(env)).toBe('/s/hum/bees.json');
  });
});

describe('the socket', () => {
  /** A state home where everything that can be found is there. */
  function prepare(runtime?: unknown, hasSocket = true) {
    const state = temporaryFolder();
    mkdirSync(join(state, 'hum'));
    if (runtime !== undefined) {
      const text = typeof runtime === 'string' ? runtime : JSON.stringify(runtime);
      writeFileSync(join(state, 'hum/runtime.json'), text);
    }
    if (hasSocket) writeFileSync(join(state, 'hum/thrum.sock'), '');
    return { state, env: { XDG_STATE_HOME: state, XDG_RUNTIME_DIR: '/run/somewhere' } };
  }

  it('is the configured one before all others', () => {
    const { env } = prepare({ socket: '/published' });
    expect(resolveSocketPath({ explicit: '/explicit', env, uid: UID })).toBe('/explicit');
  });

  it('is then what humd published', () => {
    const { env } = prepare({ socket: '/published', pid: 1 });
    expect(resolveSocketPath({ env, uid: UID })).toBe('/published');
  });

  it.each(['', '{"socket":', 'null', '[]', {}, { socket: '' }, { socket: 5 }, { socket: 'relative' }])(
    'is not read from a runtime.json with %j',
    (runtime) => {
      const { env } = prepare(runtime);
      expect(resolveSocketPath({ env, uid: UID })).toBe('/run/somewhere/hum/thrum.sock');
    },
  );

  it('is then in XDG_RUNTIME_DIR, there or not', () => {
    const { env } = prepare();
    expect(resolveSocketPath({ env, uid: UID })).toBe('/run/somewhere/hum/thrum.sock');
  });

  it.each([undefined, '', 'relative'])(
    'is then in the state home, if it is there (runtime folder %j)',
    (runtimeDir) => {
      const { state } = prepare();
      const env = { XDG_STATE_HOME: state, XDG_RUNTIME_DIR: runtimeDir };
      expect(resolveSocketPath({ env, uid: UID })).toBe(join(state, 'hum/thrum.sock'));
    },
  );

  it("is then in the user's run folder, if hum has one there", () => {
    const { state } = prepare(undefined, false);
    const exists = (path: string) => path === `/run/user/${UID}/hum`;
    expect(resolveSocketPath({ env: { XDG_STATE_HOME: state }, uid: UID, exists })).toBe(
      `/run/user/${UID}/hum/thrum.sock`,
    );
  });

  it('is at last in /tmp', () => {
    const { state } = prepare(undefined, false);
    expect(resolveSocketPath({ env: { XDG_STATE_HOME: state }, uid: UID })).toBe(
      `/tmp/hum-${UID}/hum/thrum.sock`,
    );
  });

  it('is looked for anew each time', () => {
    const { state, env } = prepare();
    expect(resolveSocketPath({ env, uid: UID })).toBe('/run/somewhere/hum/thrum.sock');
    writeFileSync(join(state, 'hum/runtime.json'), '{"socket":"/moved"}');
    expect(resolveSocketPath({ env, uid: UID })).toBe('/moved');
  });
});
