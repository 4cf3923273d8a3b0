/** Keeping one link to a humd, over real sockets at which humds come and go. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextRound } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import { ThrumClient } from '../../src/thrum/link/client.js';
import { PROTOCOL_VERSION } from '../../src/thrum/link/protocol.js';
import { eventually } from '../eventually.js';
import { until } from '../frozen-timers.js';
import { readableLog } from '../log-lines.js';
import { temporaryFolder } from '../temporary-folder.js';

/** What a humd does with a connection whose hello has come. */
type Greeting = (far: Socket, rid: unknown) => void;

const greet: Greeting = (far, rid) => void far.write(`{"chi":"echo","rid":"${String(rid)}","ok":true}\n`);
const breathe = (version: string) => `{"chi":"breath","protoVersion":"${version}"}\n`;

/** A humd at `path`; what it was told is in `lines`. */
async function startHumd(path: string, greeting: Greeting = greet, first = '') {
  const farEnds = new Set<Socket>();
  const lines: { readonly chi: string; readonly rid?: string }[] = [];
  let connections = 0;
  const server = createServer((far) => {
    connections++;
    farEnds.add(far);
    far.on('error', () => undefined);
    if (first !== '') far.write(first);
    let hasGreeted = false;
    far.on('data', (chunk) => {
      for (const line of String(chunk).split('\n').filter(Boolean)) {
        const tone = JSON.parse(line);
        lines.push(tone);
        if (!hasGreeted) greeting(far, tone.rid);
        hasGreeted = true;
      }
    });
  });
  const stop = async () => {
    for (const far of farEnds) far.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const drop = () => {
    for (const far of farEnds) far.destroy();
    farEnds.clear();
  };
  const say = (text: string) => {
    for (const far of farEnds) far.write(text);
  };
  onTestFinished(stop);
  await once(server.listen(path), 'listening');
  return { lines, stop, drop, say, connections: () => connections };
}

interface ClientSetup {
  readonly readyTimeoutMs?: number;
  readonly maxToneBytes?: number;
}

/** A client of these sockets, which has been started. */
function startClient(
  paths: readonly string[],
  { readyTimeoutMs = 2_000, maxToneBytes = 1_000 }: ClientSetup = {},
) {
  const { log, saying } = readableLog();
  const events: unknown[] = [];
  let rids = 0;
  const client = new ThrumClient({
    socketPaths: paths.map((path) => () => path),
    hello: (rid) => ({ chi: 'hello', rid }),
    createRid: () => `r${rids++}`,
    limits: { maxToneBytes, readyTimeoutMs, socketCheck: 'off' },
    log,
    onUp: (index) => events.push(`up ${index}`),
    onTones: (tones) => events.push(...tones.map(({ chi }) => chi)),
    onLost: () => events.push('lost'),
  });
  onTestFinished(() => client.close());
  client.start();
  return { client, events, saying };
}

const newPath = () => join(temporaryFolder(), 'thrum.sock');

describe('a client', () => {
  it('says hello, is up, and sends and hears from then on', async () => {
    const path = newPath();
    const humd = await startHumd(path);
    const { client, events, saying } = startClient([path]);
    client.start();
    client.send({ chi: 'early' });
    client.sayHello();
    expect([client.isUp, client.hasUnsent, client.sockets[0]?.state]).toEqual([false, false, 'closed']);
    await client.whenUp(2_000, new TurnAbort());
    await client.whenUp(0, new TurnAbort());
    expect([client.isUp, client.sockets]).toMatchObject([true, [{ socket: path, state: 'up' }]]);
    expect(client.sockets[0]?.checkedAt).toBeGreaterThan(0);
    client.send({ chi: 'prompt' }, 'now');
    client.sayHello();
    expect(client.hasUnsent).toBe(true);
    humd.say('{"chi":"pulse"}\n');
    await eventually(() => expect(events).toContain('pulse'));
    await eventually(() =>
      expect(humd.lines).toEqual([
        { chi: 'hello', rid: 'r0' },
        { chi: 'prompt' },
        { chi: 'hello', rid: expect.stringMatching(/^r\d+$/) },
      ]),
    );
    expect([events[0], humd.connections(), client.reconnects]).toEqual(['up 0', 1, 0]);
    expect(saying('linked to humd')).toHaveLength(1);
  });

  it('that loses its link says so and dials anew; what it passed over on all links is counted', async () => {
    const path = newPath();
    const humd = await startHumd(path);
    const { client, events, saying } = startClient([path], { maxToneBytes: 100 });
    for (let life = 1; life <= 2; life++) {
      await client.whenUp(5_000, new TurnAbort());
      humd.say(`no json\n{"chi":"long","text":"${'x'.repeat(200)}"}\n{"chi":"pulse"}\n`);
      await eventually(() => expect(events.filter((event) => event === 'pulse')).toHaveLength(life));
      expect(client.dropped).toEqual({ oversized: life, malformed: life });
      humd.drop();
      await eventually(() => expect(client.reconnects).toBe(life));
      expect(client.dropped).toEqual({ oversized: life, malformed: life });
    }
    expect(events.filter((event) => event === 'lost')).toHaveLength(2);
    expect(saying('lost the link to humd')).toHaveLength(2);
  });

  it('warns of a humd of another version, and of none of its own', async () => {
    for (const [version, warnings] of [
      ['99.0', 1],
      [PROTOCOL_VERSION, 0],
    ] as const) {
      const path = newPath();
      await startHumd(path, (far, rid) => {
        far.write(breathe(version));
        greet(far, rid);
      });
      const { client, saying } = startClient([path]);
      await client.whenUp(2_000, new TurnAbort());
      expect(saying('another version of thrum')).toHaveLength(warnings);
    }
  });

  it('gives up a link on which nothing comes after a tone that humd echoes, and no other', async () => {
    const path = newPath();
    const humd = await startHumd(path);
    const { client, events } = startClient([path]);
    client.expectSignOfLife();
    await client.whenUp(2_000, new TurnAbort());
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    client.expectSignOfLife();
    vi.advanceTimersByTime(10);
    humd.say('{"chi":"pulse"}\n');
    await until(() => events.includes('pulse'));
    vi.advanceTimersByTime(3_000);
    await nextRound();
    expect(client.isUp).toBe(true);
    client.expectSignOfLife();
    vi.advanceTimersByTime(1_999);
    await nextRound();
    expect(client.isUp).toBe(true);
    vi.advanceTimersByTime(1);
    await until(() => !client.isUp);
    expect(events.at(-1)).toBe('lost');
  });
});

describe('a request that waits for the link', () => {
  it('gets it as soon as a humd is there', async () => {
    const path = newPath();
    const { client } = startClient([path]);
    const up = client.whenUp(5_000, new TurnAbort());
    await startHumd(path);
    await up;
    expect(client.isUp).toBe(true);
  });

  it('hears why it has none when its time is up, or its client leaves', async () => {
    const path = newPath();
    const { client } = startClient([path]);
    await expect(client.whenUp(60, new TurnAbort())).rejects.toMatchObject({
      code: 'link-down',
      retryAfterSeconds: 1,
      message: expect.stringContaining(path),
    });
    const signal = new TurnAbort();
    const waiting = client.whenUp(5_000, signal);
    signal.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'client-left' });
  });

  it('hears at once that it cannot be helped before its time is up', async () => {
    const path = newPath();
    const humd = await startHumd(path, (far) => void far.end());
    const { client } = startClient([path]);
    await eventually(() => expect(client.sockets[0]?.state).toBe('open'));
    await humd.stop();
    const never = new Promise(() => undefined);
    const first = await Promise.race([
      client.whenUp(1, new TurnAbort()).catch((error: unknown) => error),
      never,
    ]);
    expect(first).toMatchObject({ code: 'link-down' });
  });

  it('hears of the end of the client, also one that comes later', async () => {
    const { client } = startClient([newPath()]);
    const waiting = client.whenUp(5_000, new TurnAbort());
    const heard = expect(waiting).rejects.toMatchObject({ code: 'link-down' });
    await client.close();
    await heard;
    await client.close();
    await expect(client.whenUp(5_000, new TurnAbort())).rejects.toMatchObject({ code: 'link-down' });
    client.start();
    expect(client.isUp).toBe(false);
  });
});

it('a humd that takes links and drops them is left alone for longer and longer', async () => {
  const path = newPath();
  const humd = await startHumd(path, (far, rid) => {
    greet(far, rid);
    setImmediate(() => far.destroy());
  });
  const { client, saying } = startClient([path]);
  await eventually(() => expect(client.sockets).toMatchObject([{ state: 'open' }]));
  expect([humd.connections(), client.reconnects]).toEqual([3, 3]);
  // Once for all three.
  expect(saying('keeps breaking')).toHaveLength(1);
});

describe('of several sockets', () => {
  it('the first one that answers is taken, in their order, and kept', async () => {
    const [absent, second, third] = [newPath(), newPath(), newPath()];
    const humds = [await startHumd(second), await startHumd(third)];
    const { client, events } = startClient([absent, second, third]);
    await client.whenUp(2_000, new TurnAbort());
    expect(events).toContain('up 1');
    expect(humds.map((humd) => humd.connections())).toEqual([1, 0]);
    expect(client.sockets.map(({ state }) => state)).toEqual(['closed', 'up', 'closed']);
    await humds[0]?.stop();
    await eventually(() => expect(events).toContain('up 2'));
  });

  it('a mute one leaves time for the next while a request waits', async () => {
    const [mute, other] = [newPath(), newPath()];
    await startHumd(mute, () => undefined);
    await startHumd(other);
    const { client, events } = startClient([mute, other], { readyTimeoutMs: 2_000 });
    await client.whenUp(1_900, new TurnAbort());
    expect(events).toContain('up 1');
  });

  it('those that are not in use are looked at when asked, and what they say is seen', async () => {
    const [used, well, old, gone] = [newPath(), newPath(), newPath(), newPath()];
    const humds = [
      await startHumd(used),
      await startHumd(well, greet, breathe(PROTOCOL_VERSION)),
      await startHumd(old, greet, breathe('99.0')),
    ];
    const { client } = startClient([used, well, old, gone]);
    await client.whenUp(2_000, new TurnAbort());
    for (let check = 0; check < 3; check++) await client.checkSockets();
    expect(client.sockets.map(({ state }) => state)).toEqual(['up', 'closed', 'open', 'open']);
    expect(humds.map((humd) => humd.connections())).toEqual([1, 3, 3]);
    await client.checkSockets();
    expect(humds.map((humd) => humd.connections())).toEqual([1, 4, 3]);
  });
});
