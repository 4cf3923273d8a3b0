import { execFile, execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ResponseParser } from './load/response-parser.js';
import { TokenCount } from './load/token-count.js';
import { toToken } from './order.js';

/** Within the project, where Node looks for what the bench imports. Not where `npm run bench` puts it: both may run at once. */
const OUT = 'out/bench-test';

interface Told {
  readonly exitCode: number;
  readonly stdout: string;
}

function runBench(...args: readonly string[]): Promise<Told> {
  return new Promise((resolve) => {
    const argv = [`${OUT}/test/bench/main.js`, '--smoke', '--rounds', '1', ...args];
    const child = execFile(process.execPath, argv, (_error, stdout) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout }),
    );
    onTestFinished(() => void child.kill());
  });
}

describe('the bench', () => {
  beforeAll(() => {
    execFileSync(process.execPath, [
      'node_modules/typescript/bin/tsc',
      '-p',
      'tsconfig.load.json',
      '--outDir',
      OUT,
    ]);
  });

  it('measures the program, and loses nothing', async () => {
    const { exitCode, stdout } = await runBench('--only', 'first-token,flood,paced,short', '--json', '-');
    const { rows, losses } = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(losses).toEqual({ lost: 0, misordered: 0, duplicated: 0, failed: 0, failures: [] });
    const flood = rows.filter((row: { figure: { scenario: string } }) => row.figure.scenario === 'flood');
    expect(flood.map((row: { subject: string }) => row.subject)).toEqual([
      'ollama',
      'ollama',
      'openai',
      'openai',
    ]);
    for (const row of rows) expect(row.value.median).toBeGreaterThan(0);
  });

  it('measures the least that Node can do beside it', async () => {
    const { exitCode, stdout } = await runBench('--only', 'flood,short', '--compare', 'floor', '--json', '-');
    const { rows } = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(rows).toHaveLength(8);
    for (const row of rows) expect(row.compared.median).toBeGreaterThan(0);
  });

  it('ends with 1 when a token is missing', async () => {
    const { exitCode, stdout } = await runBench(
      '--only',
      'flood',
      '--surface',
      'ollama',
      '--leave-out',
      '500',
    );
    expect(stdout).toContain('tokens lost 1, misordered 0, duplicated 0; requests failed 0');
    expect(exitCode).toBe(1);
  });

  it('measures another server beside it, whose answers are not numbered', async () => {
    const line = JSON.stringify({ message: { role: 'assistant', content: 'hello' }, done: false });
    const server = createServer((_request, response) => response.end(`${line}\n${line}\n{"done":true}\n`));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const compare = ['--compare', `http://127.0.0.1:${port}`, '--compare-surface', 'ollama'];
    const { exitCode, stdout } = await runBench('--only', 'short', '--surface', 'ollama', ...compare);
    expect(stdout).toMatch(/compared +×compared/);
    expect(stdout).toMatch(/requests per second, 1\/s +ollama .* [\d,.]+ +[\d.]+ +[\d,.]+ +[\d.]+$/m);
    expect(exitCode).toBe(0);
  });
});

describe('a token count', () => {
  const read = (...tokens: readonly string[]) => {
    const count = new TokenCount(7, 4);
    for (const token of tokens) count.read(`${token}"`, 0);
    const { tokens: all, lost, misordered, duplicated } = count;
    return { all, lost, misordered, duplicated };
  };
  const [a, b, c, d] = [0, 1, 2, 3].map((index) => toToken(7, index)) as [string, string, string, string];

  it.each([
    ['whole', [a, b, c, d], { all: 4, lost: 0, misordered: 0, duplicated: 0 }],
    ['several in one piece', [a + b + c, d], { all: 4, lost: 0, misordered: 0, duplicated: 0 }],
    ['a gap', [a, c, d], { all: 3, lost: 1, misordered: 0, duplicated: 0 }],
    ['a missing end', [a, b], { all: 2, lost: 2, misordered: 0, duplicated: 0 }],
    ['nothing', [], { all: 0, lost: 4, misordered: 0, duplicated: 0 }],
    ['a late one', [a, c, b, d], { all: 4, lost: 0, misordered: 1, duplicated: 0 }],
    ['one twice', [a, b, b, c, d], { all: 5, lost: 0, misordered: 0, duplicated: 1 }],
    [
      'one that is cut behind its stream',
      [a, '7', ':1 7:2 ', d],
      { all: 4, lost: 0, misordered: 0, duplicated: 0 },
    ],
    ["another's", [a, b, toToken(8, 2), c, d], { all: 5, lost: 0, misordered: 1, duplicated: 0 }],
    ['a gap beside one that is cut', [a, '7', ':1 ', d], { all: 3, lost: 1, misordered: 0, duplicated: 0 }],
    ['half of one', [a, '7:', b, c, d], { all: 4, lost: 1, misordered: 0, duplicated: 0 }],
    ['no numbers', ['7 days', 'a week'], { all: 2, lost: 0, misordered: 0, duplicated: 0 }],
  ])('%s', (_what, tokens, expected) => {
    expect(read(...tokens)).toEqual(expected);
  });

  it('is the same wherever an answer is cut', () => {
    const stream = 22_667;
    const expected = 1_100;
    const text = Array.from({ length: expected }, (_, index) => toToken(stream, index)).join('');
    const cuts = fc.uniqueArray(fc.nat({ max: text.length }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (unsorted) => {
        const ends = [...unsorted.sort((one, other) => one - other), text.length];
        const count = new TokenCount(stream, expected);
        for (const [index, end] of ends.entries()) count.read(`${text.slice(ends[index - 1] ?? 0, end)}"`, 0);
        const { tokens, lost, misordered, duplicated, unnumbered } = count;
        expect({ tokens, lost, misordered, duplicated, unnumbered }).toEqual({
          ...{ tokens: expected, lost: 0, misordered: 0, duplicated: 0, unnumbered: 0 },
        });
      }),
    );
  });
});

describe('the response parser', () => {
  const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';
  const SIZED = 'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nfour';

  it.each([1, 2, 3, 1_000])('reads one answer after the other in pieces of %i', (size) => {
    const told: string[] = [];
    let body = '';
    const parser = new ResponseParser({
      onHead: (status) => told.push(String(status)),
      onBody: (piece) => {
        body += piece;
      },
      onEnd: () => {
        told.push(body);
        body = '';
      },
    });
    const text = CHUNKED + SIZED + CHUNKED;
    for (let at = 0; at < text.length; at += size) parser.feed(text.slice(at, at + size));
    expect(told).toEqual(['200', 'abcde', '404', 'four', '200', 'abcde']);
  });
});
