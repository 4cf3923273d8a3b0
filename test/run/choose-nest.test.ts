import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { chooseNest, nestPlan, toNestView } from '../../src/run/choose-nest.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('--nest auto with thrumSocks', () => {
  it('means hum, and each socket has the roster that stands beside it', async () => {
    const home = temporaryFolder();
    const places = ['/one', '/two'].map((at) => ({ socket: `${at}/thrum.sock`, roster: `${at}/bees.json` }));
    const env = { HOME: home, OLLAMA_SERVER_THRUM_SOCKS: JSON.stringify(places), HUM_THRUM_SOCK: '/three' };
    const { config } = loadConfig({ kind: 'ollama-server', env });
    const nest = await chooseNest('auto', [config], env);
    const found = nest.placesFor(config).map(({ socketPath, rosterPath }) => [socketPath(), rosterPath]);
    expect(found).toEqual(places.map(({ socket, roster }) => [socket, roster]));
  });
});

describe('the nest that moves to a humd which appears', () => {
  const log = pino({ level: 'silent' });
  const upstream = 'http://127.0.0.1:9/v1';

  it.each([
    ['auto', 'the echo', {}, undefined, true],
    ['embedded', 'the echo', {}, undefined, false],
    ['auto', '--upstream', {}, upstream, false],
    ['auto', "hum's variables for an upstream", { OPENAI_API_BASE: upstream }, undefined, false],
  ] as const)('with --nest %s and %s: %j %s %j', async (choice, _, more, flag, moves) => {
    const home = temporaryFolder();
    const all = { HOME: home, XDG_RUNTIME_DIR: home, XDG_STATE_HOME: home, ...more };
    const { config } = loadConfig({ kind: 'ollama-server', env: all });
    const nest = await chooseNest(choice, [config], all, { flag, version: '0', log });
    onTestFinished(() => nest.close());
    const sockets = nest.laterPlacesFor(config).map(({ socketPath }) => socketPath());
    expect(sockets).toEqual(moves ? [join(home, 'hum/thrum.sock')] : []);
    expect(toNestView(nestPlan.parse(nest.plan), all).laterPlacesFor(config)).toHaveLength(sockets.length);
  });
});
