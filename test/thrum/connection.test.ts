import { once } from 'node:events';
import { createConnection, createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextRound } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Connection } from '../../src/thrum/link/connection.js';
import { EncodedTone } from '../../src/thrum/link/sent-tone.js';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A connection, what was written to it (one entry for each write), and what came out at the other end. */
async function connect() {
  const path = join(temporaryFolder(), 'thrum.sock');
  let received = '';
  const server = createServer((far) => far.on('data', (chunk) => (received += chunk)));
  onTestFinished(() => void server.close());
  await once(server.listen(path), 'listening');
  const socket = createConnection(path);
  await once(socket, 'connect');
  const connection = new Connection(socket, 1_000, { onTones: () => undefined, onClose: () => undefined });
  onTestFinished(() => connection.destroy());
  const writes: string[] = [];
  const write = Socket.prototype.write;
  vi.spyOn(socket, 'write').mockImplementation((...args: unknown[]) => {
    writes.push(String(args[0]));
    return Reflect.apply(write, socket, args);
  });
  return { connection, writes, received: () => received };
}

const tone = (chi: string) => ({ chi, sid: 's' });
const line = (chi: string) => `{"chi":"${chi}","sid":"s"}\n`;

describe('what is sent', () => {
  it('leaves in one write for a whole round of the event loop', async () => {
    const { connection, writes } = await connect();
    connection.send(tone('prompt'));
    await Promise.resolve();
    connection.send(tone('cleanup'));
    await new Promise<void>((resolve) => process.nextTick(resolve));
    connection.send(tone('prompt'));
    expect(connection.hasUnsent).toBe(true);
    expect(writes).toEqual([]);
    await nextRound();
    expect(writes).toEqual([line('prompt') + line('cleanup') + line('prompt')]);
  });

  it('leaves now if it is to, and what is queued before it', async () => {
    const { connection, writes } = await connect();
    connection.send(tone('cleanup'));
    connection.send(tone('prompt'), 'now');
    expect(writes).toEqual([line('cleanup') + line('prompt')]);
    await nextRound();
    expect(writes).toHaveLength(1);
  });

  it('leaves with the tick if it is to, and what is queued before it', async () => {
    const { connection, writes } = await connect();
    connection.send(tone('prompt'));
    connection.send(tone('cancel'), 'tick');
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(writes).toEqual([line('prompt') + line('cancel')]);
    await nextRound();
    expect(writes).toHaveLength(1);
  });

  it('is refused where it cannot be written, and nothing else is lost', async () => {
    const { connection, received } = await connect();
    const deep = JSON.parse(`${'['.repeat(9_000)}${']'.repeat(9_000)}`);
    connection.send(tone('prompt'));
    expect(() => connection.send({ chi: 'tool-result', callId: deep })).toThrow(RangeError);
    connection.send(tone('cleanup'));
    await eventually(() => expect(received()).toBe(line('prompt') + line('cleanup')));
  });

  it('keeps its order among lines that were made elsewhere', async () => {
    const { connection, received } = await connect();
    connection.send(tone('prompt'));
    connection.send(new EncodedTone(['{"chi":"a",', Buffer.from('"b":"é"'), '}\n']));
    connection.send(tone('cleanup'));
    await connection.end();
    const sent = `${line('prompt')}{"chi":"a","b":"é"}\n${line('cleanup')}`;
    await eventually(() => expect(received()).toBe(sent));
  });
});
