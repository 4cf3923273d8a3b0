/** Runs a service's command line as a service manager does: with nothing of this shell's environment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished } from 'vitest';
import { type Embedded, startEmbedded } from '../../src/daemon/embedded.js';
import type { ServiceCommand } from './unit-file.js';

const START_TIMEOUT_MS = 10_000;

/** The development daemon in the place of humd; an echo answers. */
export async function startHumd(): Promise<Embedded> {
  const humd = await startEmbedded({ models: ['claude-sonnet-4-6'] });
  onTestFinished(() => humd.close());
  return humd;
}

/** Resolves with the base URL that the start line tells. The process is ended when the test is over. */
export async function startService(service: ServiceCommand, home: string): Promise<string> {
  const line = await readStartLine(service, home);
  const url = / on (http:\/\/\S+) /.exec(line)?.[1];
  if (url === undefined) throw new Error(`no address in: ${line}`);
  return url;
}

/** Resolves with the start line. The process is ended when the test is over. */
export async function readStartLine({ command, environment }: ServiceCommand, home: string): Promise<string> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: '/',
    env: { HOME: home, PATH: '/usr/bin:/bin', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  let output = '';
  return new Promise((resolve, reject) => {
    const give = (why: string) => reject(new Error(`${why}: ${output}`));
    const timer = setTimeout(() => give('no start line'), START_TIMEOUT_MS);
    const read = (data: Buffer) => {
      output += data.toString();
      const line = /^thrum-bridge .*(?=\n)/m.exec(output)?.[0];
      if (line === undefined) return;
      clearTimeout(timer);
      resolve(line);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    ended.then(() => give('ended before its start line'), reject);
  });
}

/** What the model answers to `question` over the Ollama API. */
export async function ask(url: string, question: string, model = 'claude-sonnet-4-6'): Promise<unknown> {
  const response = await fetch(`${url}/api/chat`, {
    method: 'POST',
    body: JSON.stringify({
      model,
      stream: false,
      messages: [{ role: 'user', content: question }],
    }),
  });
  const body: unknown = await response.json();
  return { status: response.status, body };
}

/** The answer of the echo. */
export function echoed(question: string): unknown {
  return {
    status: 200,
    body: expect.objectContaining({ message: { role: 'assistant', content: question } }),
  };
}
