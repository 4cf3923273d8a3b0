import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextRound } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Link } from '../../src/thrum/link/link.js';
import { EncodedTone } from '../../src/thrum/link/tone-codec.js';
import { eventually } from '../eventually.js';
import { until } from '../frozen-timers.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A link that is up, what was written to its socket (one entry for each write), and what came out at the other end. */
async function connect() {
  const path = join(temporaryFolder(), 'thrum.sock');
  let received = '';
  let hasGreeted = false;
  let humd: Socket | undefined;
  const server = createServer((far) => {
    humd = far;
    far.on('error', () => undefined);
    far.on('data', (chunk) => {
      if (hasGreeted) received += chunk;
      else far.write(`${JSON.stringify({ chi: 'echo', rid: 'hello', ok: true })}\n`);
      hasGreeted = true;
    });
  });
  onTestFinished(() => void server.close());
  await once(server.listen(path), 'listening');
  const writes: string[] = [];
  const { write } = Socket.prototype;
  const link = await new Promise<Link>((resolve, reject) => {
    const dialled: Link = new Link({
      socketPath: path,
      hello: { chi: 'hello', rid: 'hello' },
      helloRid: 'hello',
      timeoutMs: 5_000,
      maxToneBytes: 1_000,
      onUp: () => resolve(dialled),
      onTones: () => undefined,
      onEnd: reject,
    });
  });
  onTestFinished(() => link.end());
  const spy = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (
    this: Socket,
    ...args: unknown[]
  ) {
    if (String(args[0]).startsWith('{"chi":')) writes.push(String(args[0]));
    return Reflect.apply(write, this, args);
  });
  onTestFinished(() => spy.mockRestore());
  return { link, writes, received: () => received, humd };
}

const tone = (chi: string) => ({ chi, sid: 's' });
const line = (chi: string) => `{"chi":"${chi}","sid":"s"}\n`;

describe('what is sent', () => {
  it('leaves in one write for a whole round of the event loop', async () => {
    const { link, writes } = await connect();
    link.send(tone('prompt'));
    await Promise.resolve();
    link.send(tone('cleanup'));
    await new Promise<void>((resolve) => process.nextTick(resolve));
    link.send(tone('prompt'));
    expect(link.hasUnsent).toBe(true);
    expect(writes).toEqual([]);
    await nextRound();
    expect(writes).toEqual([line('prompt') + line('cleanup') + line('prompt')]);
  });

  it('leaves now if it is to, and what is queued before it', async () => {
    const { link, writes } = await connect();
    link.send(tone('cleanup'));
    link.send(tone('prompt'), 'now');
    expect(writes).toEqual([line('cleanup') + line('prompt')]);
    await nextRound();
    expect(writes).toHaveLength(1);
  });

  it('leaves with the tick if it is to, and what is queued before it', async () => {
    const { link, writes } = await connect();
    link.send(tone('prompt'));
    link.send(tone('cancel'), 'tick');
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(writes).toEqual([line('prompt') + line('cancel')]);
    await nextRound();
    expect(writes).toHaveLength(1);
  });

  it('is refused where it cannot be written, and nothing else is lost', async () => {
    const { link, received } = await connect();
    const deep = JSON.parse(`${'['.repeat(9_000)}${']'.repeat(9_000)}`);
    link.send(tone('prompt'));
    expect(() => link.send({ chi: 'tool-result', callId: deep })).toThrow(RangeError);
    link.send(tone('cleanup'));
    await eventually(() => expect(received()).toBe(line('prompt') + line('cleanup')));
  });

  it('keeps its order among lines that were made elsewhere', async () => {
    const { link, received } = await connect();
    link.send(tone('prompt'));
    link.send(new EncodedTone(['{"chi":"a",', Buffer.from('"b":"é"'), '}\n']));
    link.send(tone('cleanup'));
    await link.end();
    const sent = `${line('prompt')}{"chi":"a","b":"é"}\n${line('cleanup')}`;
    await eventually(() => expect(received()).toBe(sent));
  });
});

describe('a link that is ended', () => {
  it('waits until humd has read it all: a write of a humd that is busy would cost what it has not read', async () => {
    const { link, received, humd } = await connect();
    humd?.pause();
    link.send(tone('cancel'));
    const ended = vi.fn();
    const ending = link.end().then(ended);
    for (let round = 0; round < 50; round++) await nextRound();
    expect(ended).not.toHaveBeenCalled();
    humd?.write(line('chunk'));
    await nextRound();
    humd?.resume();
    await ending;
    expect(received()).toBe(line('cancel'));
  });

  it('does not wait for a humd that reads nothing', async () => {
    const { link, humd } = await connect();
    humd?.pause();
    await link.end();
    humd?.destroy();
  });
});

const ECHO = '{"chi":"echo","rid":"hello","ok":true}\n';

/** A humd that does with each connection what the test says, and a link that is being dialled to it. */
async function dial(onConnection: (far: Socket) => void, { timeoutMs = 5_000, path = '' } = {}) {
  const socketPath = path || join(temporaryFolder(), 'thrum.sock');
  const greetings: string[] = [];
  if (path === '') {
    const server = createServer((far) => {
      far.on('error', () => undefined);
      far.on('data', (chunk) => greetings.push(String(chunk)));
      onConnection(far);
    });
    onTestFinished(() => void server.close());
    await once(server.listen(socketPath), 'listening');
  }
  const events: unknown[] = [];
  const link: Link = new Link({
    socketPath,
    hello: { chi: 'hello', rid: 'hello' },
    helloRid: 'hello',
    timeoutMs,
    maxToneBytes: 1_000,
    onUp: (version) => events.push({ up: version }),
    onTones: (tones) => events.push(tones.map(({ chi }) => chi)),
    onEnd: (why) => events.push(why),
  });
  onTestFinished(() => link.end());
  return { link, events, greetings };
}

const afterHello = (say: (far: Socket) => void) => (far: Socket) => void far.once('data', () => say(far));

describe('a humd', () => {
  it('that is not there, or answers nothing, is given up', async () => {
    const absent = await dial(() => undefined, { path: join(temporaryFolder(), 'none.sock') });
    await eventually(() =>
      expect(absent.events).toEqual([{ kind: 'absent', reason: expect.stringMatching(/ENOENT/) }]),
    );
    const mute = await dial(() => undefined, { timeoutMs: 50 });
    await eventually(() => expect(mute.events).toEqual([{ kind: 'mute' }]));
  });

  it.each<[string, (far: Socket) => void, unknown]>([
    ['closes without a word', (far) => far.end(), { kind: 'closed' }],
    ['breaks without a word', (far) => far.destroy(), { kind: 'closed' }],
    [
      'names its version and closes',
      (far) => far.end('{"chi":"breath","protoVersion":"9.0"}\n{"chi":"other","protoVersion":"7"}\n'),
      { kind: 'refused', theirVersion: '9.0', reason: undefined },
    ],
    [
      'has a version that is none',
      (far) => far.end('{"chi":"breath","protoVersion":9}\n'),
      { kind: 'refused', theirVersion: undefined, reason: undefined },
    ],
    [
      'says no',
      (far) => far.write('{"chi":"echo","rid":"hello","ok":false,"error":"too old"}\n'),
      { kind: 'refused', theirVersion: undefined, reason: 'too old' },
    ],
    [
      'says no without a reason',
      (far) => far.write('{"chi":"echo","rid":"hello","ok":false}\n'),
      { kind: 'refused', theirVersion: undefined, reason: 'without saying why' },
    ],
  ])('that %s is given up, once, with what it said', async (_, say, why) => {
    const { events, greetings } = await dial(afterHello(say));
    await eventually(() => expect(events).toEqual([why]));
    expect(greetings).toEqual(['{"chi":"hello","rid":"hello"}\n']);
  });

  it('is linked to when it echoes the hello: with what it says from then on, and not before', async () => {
    const { events, link } = await dial(
      afterHello((far) => {
        far.write('{"chi":"breath","protoVersion":"1.2"}\n{"chi":"echo","rid":"other","ok":true}\n');
        far.write(`{"chi":"notecho","rid":"hello"}\n${ECHO}{"chi":"chunk"}\n{"chi":"pu`);
      }),
    );
    await eventually(() => expect(events).toHaveLength(2));
    expect(events).toEqual([{ up: '1.2' }, expect.arrayContaining(['chunk'])]);
    expect(link.lastReadAt).toBeGreaterThan(0);
  });

  it('whose line has not ended yet has said nothing', async () => {
    let write = (_: string) => {};
    const { events, link } = await dial(
      afterHello((far) => {
        far.write(ECHO);
        write = (text) => far.write(text);
      }),
    );
    await eventually(() => expect(events).toHaveLength(2));
    const readAt = link.lastReadAt;
    write('{"chi":"pul');
    await nextRound();
    await nextRound();
    write('se"}\n');
    await eventually(() => expect(events).toEqual([{ up: undefined }, ['echo'], ['pulse']]));
    expect(link.lastReadAt).toBeGreaterThan(readAt);
  });

  it('that leaves once the link is up has it lost, once', async () => {
    const { events } = await dial(afterHello((far) => far.end(ECHO)));
    await eventually(() => expect(events.at(-1)).toEqual({ kind: 'lost' }));
    expect(events).toEqual([{ up: undefined }, ['echo'], { kind: 'lost' }]);
  });

  it('has no timer over it once the link is up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { events } = await dial(afterHello((far) => far.write(ECHO)));
    await until(() => events.length > 0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a link', () => {
  it('sends nothing before the hello, and nothing when it is given up before it is there', async () => {
    const { link, events, greetings } = await dial(afterHello((far) => far.write(ECHO)));
    link.send(tone('early'));
    await eventually(() => expect(events).not.toEqual([]));
    expect(greetings).toEqual(['{"chi":"hello","rid":"hello"}\n']);
    const given = await dial(() => undefined);
    given.link.giveUp({ kind: 'mute' });
    given.link.giveUp({ kind: 'lost' });
    given.link.send(tone('late'));
    await nextRound();
    expect([given.events, given.greetings, given.link.hasUnsent]).toEqual([[{ kind: 'mute' }], [], false]);
  });

  it('has nothing unsent when all has left, in parts or whole', async () => {
    const { link, received } = await connect();
    link.send(new EncodedTone([Buffer.from('{"chi":"a"'), '}\n']));
    await eventually(() => expect(received()).toBe('{"chi":"a"}\n'));
    expect(link.hasUnsent).toBe(false);
  });

  it('that ends tells nobody, whether it was up or not', async () => {
    const { link, events } = await dial(() => undefined);
    await link.end();
    const up = await dial(afterHello((far) => far.write(ECHO)));
    await eventually(() => expect(up.events).not.toEqual([]));
    await up.link.end();
    await up.link.end();
    await nextRound();
    expect([events, up.events.filter((event) => !Array.isArray(event))]).toEqual([[], [{ up: undefined }]]);
  });

  it('to a humd that does not read says when there is room again, or no link', async () => {
    let far: Socket | undefined;
    const { link, events } = await dial((socket) => {
      far = socket;
      socket.once('data', () => {
        socket.write(ECHO);
        socket.pause();
      });
    });
    await eventually(() => expect(events).not.toEqual([]));
    expect(link.whenRoom()).toBeUndefined();
    const fill = () => {
      for (let count = 0; count < 3; count++)
        link.send({ chi: 'prompt', text: 'x'.repeat(1_000_000) }, 'now');
      return link.whenRoom() ?? expect.fail('there is room');
    };
    const room = fill();
    expect(link.whenRoom()).toBe(room);
    far?.resume();
    await room;
    expect(link.whenRoom()).toBeUndefined();
    far?.pause();
    const again = fill();
    link.giveUp({ kind: 'lost' });
    await again;
    expect(link.whenRoom()).toBeUndefined();
  });
});
