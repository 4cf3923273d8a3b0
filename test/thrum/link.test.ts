import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextRound } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Link } from '../../src/thrum/link/link.js';
import { EncodedTone } from '../../src/thrum/link/tone-codec.js';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A link that is up, what was written to its socket (one entry for each write), and what came out at the other end. */
async function connect() {
  const path = join(temporaryFolder(), 'thrum.sock');
  let received = '';
  let hasGreeted = false;
  const server = createServer((far) => {
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
  return { link, writes, received: () => received };
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
