/** A process that may open few files: it takes as many connections as it has room for, and says what it has no room for. */
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { ask, verdictOf } from './ask.js';

/** Each has a request whose body never comes, so that none is idle once it was told to go on. */
function connectMany(url: string, count: number): readonly { readonly socket: Socket; answer(): string }[] {
  const { port, hostname } = new URL(url);
  const head =
    'POST /api/chat HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n';
  return Array.from({ length: count }, () => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(head);
    return { socket, answer: () => answer };
  });
}

describe('a process that may open 64 files', () => {
  it('refuses connections in words, and a large request whose thread cannot start with a 503, and goes on', async () => {
    const program = runProgram(['--nest', 'embedded'], { openFiles: 64 });
    const url = urlIn(await program.startLine());
    const many = connectMany(url, 60);
    const count = (text: string) => many.filter(({ answer }) => answer().includes(text)).length;
    await eventually(() => {
      expect(count('100 Continue')).toBeGreaterThan(20);
      expect(many.filter(({ socket }) => socket.closed).length).toBeGreaterThan(20);
    });
    // Some of the first were closed for others before they had said anything: the room that is left is filled one by one.
    const late = [];
    let answer = '';
    while (late.length < 64 && !answer.includes('503')) {
      const [next] = connectMany(url, 1);
      await eventually(() => expect(next?.answer()).not.toBe(''));
      late.push(next);
      answer = next?.answer() ?? '';
    }
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1.*too many connections$/s);
    for (const client of late) client?.socket.destroy();
    for (const { socket } of many) socket.destroy();
    await eventually(async () => expect((await ask(url, 'hi', { model: 'echo' })).status).toBe(200));
    // As many files as the modules of a thread take at once are not there, even now.
    const large = await ask(url, 'x'.repeat(2_000_000), { model: 'echo' });
    if (large.status !== 200) expect(verdictOf(large)).toEqual([503, '1', null]);
    await large.text();
    const typed = await ask(url, 'hi', { model: 'echo', format: { type: 'object' } });
    expect([502, 503]).toContain(typed.status);
    expect(await (await ask(url, 'hi', { model: 'echo' })).text()).toContain('hi');
    program.process.kill('SIGTERM');
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/"level":40.*"maxConnections":\d+.*fewer files than maxConnections needs/);
    expect(stderr).not.toContain('our own mistake');
  });
});
