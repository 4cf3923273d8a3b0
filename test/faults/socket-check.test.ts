import { chmodSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEmbedded } from '../../src/daemon/embedded.js';
import { socketRisks } from '../../src/thrum/link/socket-risks.js';
import { eventually } from '../eventually.js';
import { readableLog } from '../log-lines.js';
import { startTestBridge } from '../running-bridge.js';
import { ask, errorOf, verdictOf } from './ask.js';
import { startHumd } from './humd.js';
import { temporaryPlace } from './place.js';

/** A humd whose socket is found by a symbolic link. */
async function startLinked() {
  const humd = await startHumd();
  const place = { ...humd.place, socketPath: temporaryPlace().socketPath };
  symlinkSync(humd.place.socketPath, place.socketPath);
  return { humd, place };
}

describe('a socket that is a symbolic link', () => {
  it('is dialled with one warning in the log, however often', async () => {
    const { humd, place } = await startLinked();
    const { log, saying } = readableLog();
    const bridge = await startTestBridge({ place, log });
    humd.daemon().disconnectAll();
    await eventually(() => expect(humd.sentOf('hello')).toHaveLength(2));
    expect((await ask(bridge.url, 'hi')).status).toBe(200);
    expect(saying('may not be trusted')).toEqual([
      'the socket of humd may not be trusted: it is a symbolic link',
    ]);
  });

  it('is not dialled with socketCheck refuse: 503 says why, and what to do', async () => {
    const { humd, place } = await startLinked();
    const { log, saying } = readableLog();
    const env = { OLLAMA_SERVER_SOCKET_CHECK: 'refuse', OLLAMA_SERVER_READY_TIMEOUT_MS: '100' };
    const bridge = await startTestBridge({ place, env, log }, false);
    const answer = await ask(bridge.url, 'hi');
    expect(verdictOf(answer)).toEqual([503, '1', null]);
    const words = `the socket ${place.socketPath} is not dialled, as it is a symbolic link: make it`;
    expect(errorOf(await answer.json())).toContain(words);
    expect(humd.sentOf('hello')).toEqual([]);
    expect(saying(words)).toHaveLength(1);
  });

  it('is dialled without a word with socketCheck off', async () => {
    const { place } = await startLinked();
    const { log, lines } = readableLog();
    await startTestBridge({ place, env: { OLLAMA_SERVER_SOCKET_CHECK: 'off' }, log });
    expect(lines.filter(({ level }) => level > 30)).toEqual([]);
  });
});

describe('a socket that others may write to', () => {
  it('is refused as long as they may', async () => {
    const humd = await startHumd();
    chmodSync(humd.place.socketPath, 0o777);
    const env = { OLLAMA_SERVER_SOCKET_CHECK: 'refuse', OLLAMA_SERVER_READY_TIMEOUT_MS: '100' };
    const bridge = await startTestBridge({ place: humd.place, env }, false);
    expect(errorOf(await (await ask(bridge.url, 'hi')).json())).toContain('others may write to it');
    chmodSync(humd.place.socketPath, 0o600);
    await eventually(async () => expect((await ask(bridge.url, 'hi')).status).toBe(200));
  });

  it('and a folder that they may write in, are told apart', async () => {
    const humd = await startHumd();
    chmodSync(dirname(humd.place.socketPath), 0o777);
    expect(socketRisks(humd.place.socketPath)).toEqual(['others may write in its folder']);
  });
});

describe("the embedded daemon's own socket", () => {
  it('gives nothing to complain about', async () => {
    const embedded = await startEmbedded({ models: [] });
    try {
      expect(socketRisks(embedded.socketPath)).toEqual([]);
    } finally {
      await embedded.close();
    }
  });
});
