import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { chooseNest } from '../../src/run/choose-nest.js';
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
    const state = (at: string, up: boolean) =>
      ({ socket: `${at}/thrum.sock`, state: up ? 'up' : 'open', checkedAt: 0 }) as const;
    expect(nest.describe([state('/one', false), state('/two', true)])).toBe('humd at /two/thrum.sock');
    expect(nest.describe([state('/one', false)])).toBe('humd (not there yet) at /one/thrum.sock');
  });
});
