/** Processes that are killed while clients connect to the port that all share. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { type RawClient, rawClient } from './raw-client.js';
import { START_MS, startProcesses } from './several-processes.js';

const REQUEST = 'GET /api/version HTTP/1.1\r\nhost: localhost\r\n\r\n';
const two = ['--nest', 'embedded', '--workers', '2'];

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** So many clients, each of which has sent a request. */
function connectClients(url: string, count: number): Promise<readonly RawClient[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = await rawClient(url);
      client.send(REQUEST);
      return client;
    }),
  );
}

describe.skipIf(process.platform !== 'linux')('a process that dies by a signal', () => {
  it('loses no connection that comes around its end, and leaves no descriptor in the first process', async () => {
    const { program, url, workers } = await startProcesses(two);
    const { pid = 0 } = program.process;
    await eventually(() => expect(descriptorsOf(pid)).toBeGreaterThan(0));
    const [victim = Number.NaN] = workers();
    const before = descriptorsOf(pid);
    // It takes nothing any more, and nobody knows it yet.
    process.kill(victim, 'SIGSTOP');
    const during = await connectClients(url, 32);
    await Promise.all(during.map((client) => client.until('"version"')));
    process.kill(victim, 'SIGKILL');
    const after = await connectClients(url, 32);
    await Promise.all(after.map((client) => client.until('"version"')));
    await eventually(() => expect(workers()).toHaveLength(3), START_MS);
    for (const { socket } of [...during, ...after]) socket.destroy();
    // As many as before: those of the new process have taken the place of those of the old one.
    await eventually(() => expect(descriptorsOf(pid)).toBeLessThanOrEqual(before));
  }, 60_000);

  it('leaves no client waiting', async () => {
    const { url, workers } = await startProcesses(two);
    const clients: RawClient[] = [];
    const [victim = Number.NaN] = workers();
    for (let at = 0; at < 60; at++) {
      if (at === 30) process.kill(victim, 'SIGKILL');
      clients.push(...(await connectClients(url, 1)));
    }
    await Promise.all(
      clients.map((client) =>
        eventually(() => expect(client.received() !== '' || client.isClosed()).toBe(true), START_MS),
      ),
    );
    // Only what the process had taken itself can go with it.
    const lost = clients.slice(31).filter((client) => client.received() === '');
    expect(lost).toEqual([]);
  }, 60_000);
});
