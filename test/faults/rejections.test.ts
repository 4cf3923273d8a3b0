/** The last line of defence: our own mistakes end the turn that they belong to, and nothing else. */
import { describe, expect, it, vi } from 'vitest';
import type { Event } from '../../src/core/event.js';
import type { Conversation } from '../conversation.js';
import { createOllamaSurface } from '../../src/http/ollama/surface.js';
import { respondStream, type StreamEncoder } from '../../src/http/answer/respond.js';
import type { Surface, SurfaceContext } from '../../src/http/surface.js';
import { eventually } from '../eventually.js';
import { serveSurface } from '../http/serve-surface.js';
import { modelOf } from '../model.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { ask } from './ask.js';

const say = (text: string): Event => ({ type: 'text-delta', text });

/** Says "one", then what the test wants; notes that its reader has left it. */
class Talking implements Conversation {
  isLeft = false;
  readonly #next: () => Event;

  constructor(next: () => Event = () => say('two')) {
    this.#next = next;
  }

  async *turn(): AsyncGenerator<readonly Event[]> {
    try {
      yield [say('one')];
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield [this.#next()];
      }
    } finally {
      this.isLeft = true;
    }
  }

  models() {
    return [modelOf('claude-sonnet-4')];
  }

  callTool() {
    return Promise.reject(new Error('no tools here'));
  }

  link() {
    return 'up' as const;
  }
}

/** Breaks on the text that it is given. */
class Breaking implements StreamEncoder {
  readonly contentType = 'text/plain';
  readonly #at: string;
  readonly #canTell: boolean;

  constructor(at: string, canTell: boolean) {
    this.#at = at;
    this.#canTell = canTell;
  }

  encode(batch: readonly Event[]): string {
    return batch
      .map((event) => {
        if (event.type === 'text-delta' && event.text !== this.#at) return `${event.text}\n`;
        if (event.type === 'fault' && this.#canTell) return `in-band: ${event.fault.code}\n`;
        throw new TypeError('the encoder is broken');
      })
      .join('');
  }
}

async function serveBreaking(at: string, canTell: boolean) {
  const conversation = new Talking();
  const create = (context: SurfaceContext): Surface => ({
    ...createOllamaSurface(context),
    routes: [
      {
        methods: ['GET'],
        path: '/stream',
        handle: (c) => {
          const turn = conversation.turn();
          return respondStream(c, context.streams, turn, new Breaking(at, canTell));
        },
      },
      { methods: ['GET'], path: '/still-there', handle: () => new Response('yes') },
    ],
  });
  const url = await serveSurface({ create, conversation });
  const isAlive = async () => (await fetch(`${url}/still-there`)).text();
  return { url, conversation, isAlive };
}

/** What of a stream has arrived, and whether it came to its end. */
async function read(response: Response): Promise<{ text: string; isWhole: boolean }> {
  let text = '';
  try {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, isWhole: true };
  } catch {
    return { text, isWhole: false };
  }
}

describe('an encoder that throws', () => {
  it('before anything is out, is a 500 in the words of the surface', async () => {
    const { url, conversation, isAlive } = await serveBreaking('one', true);
    const answer = await fetch(`${url}/stream`);
    expect([answer.status, await answer.json()]).toEqual([500, { error: expect.any(String) }]);
    expect([conversation.isLeft, await isAlive()]).toEqual([true, 'yes']);
  });

  it('in the middle of a stream, ends it with an error in-band, and nothing comes after', async () => {
    // Where a second answer to the same request ends up.
    const complaints = vi.spyOn(console, 'error');
    const { url, conversation, isAlive } = await serveBreaking('two', true);
    const answer = await read(await fetch(`${url}/stream`));
    expect(answer).toEqual({ text: 'one\nin-band: internal\n', isWhole: true });
    expect(complaints).not.toHaveBeenCalled();
    expect([conversation.isLeft, await isAlive()]).toEqual([true, 'yes']);
  });

  it('and cannot even tell of it, cuts the connection: the stream never looks complete', async () => {
    const { url, conversation, isAlive } = await serveBreaking('two', false);
    const answer = await read(await fetch(`${url}/stream`));
    expect(answer).toEqual({ text: 'one\n', isWhole: false });
    expect([conversation.isLeft, await isAlive()]).toEqual([true, 'yes']);
  });
});

describe('a turn that throws', () => {
  const broken = () => {
    throw new TypeError('the turn is broken');
  };
  const serveBroken = async () =>
    serveSurface({ create: createOllamaSurface, conversation: new Talking(broken) });

  it('in the middle of a stream, ends it with an error in-band', async () => {
    const answer = await read(await ask(await serveBroken(), 'hi', { stream: true }));
    const lines = answer.text.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ message: { role: 'assistant', content: 'one' }, done: false }),
      { error: expect.any(String) },
    ]);
    expect(answer).toMatchObject({ isWhole: true });
    expect(answer.text).not.toContain('the turn is broken');
  });

  it('is a 500 where the answer was to be whole', async () => {
    const answer = await ask(await serveBroken(), 'hi');
    expect([answer.status, await answer.json()]).toEqual([500, { error: expect.any(String) }]);
  });
});

/** Runs some code within the program, when it has its last line of defence. */
function sabotage(code: string): Readonly<Record<string, string>> {
  const wait = `const timer = setInterval(() => {
    if (process.listenerCount('unhandledRejection') === 0) return;
    clearInterval(timer);
    ${code}
  }, 20);`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(wait)}` };
}

describe('the program', () => {
  it('survives a promise that fails with no owner: a line in the log, a count, and turns go on', async () => {
    const program = runProgram(['--nest', 'embedded'], {
      env: sabotage(`
        Promise.reject(new Error('nobody waits for this'));
        Promise.reject(JSON.parse.call(null, '{"prompt":"a secret prompt"}'));`),
    });
    const url = urlIn(await program.startLine());
    const stream = await ask(url, '@script {"n":40,"ms":20}', { stream: true });
    expect((await stream.text()).trim().split('\n').at(-1)).toContain('"done":true');
    expect((await ask(url, 'still there')).status).toBe(200);
    program.process.kill('SIGTERM');
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    const lines = stderr.split('\n').filter((line) => line.includes('nobody waited for'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 50, count: 1, err: { type: 'Error', message: 'nobody waits for this' } },
      { level: 50, count: 2, err: { type: 'object', message: '' } },
    ]);
    expect(stderr).not.toContain('a secret prompt');
  });

  it('ends with 1 after an exception that nobody caught, and says what to do', async () => {
    const program = runProgram(['--nest', 'embedded'], { env: sabotage(`throw new Error('broken')`) });
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/"level":60,.*start it again/);
  });

  it('replaces a process that ended so, and the others never notice', async () => {
    const once = `
      const { worker } = (await import('node:cluster')).default;
      if (worker?.id === 1) throw new Error('broken')`;
    const program = runProgram(['--nest', 'embedded', '--workers', '2'], {
      env: sabotage(`(async () => { ${once} })().catch((error) => setImmediate(() => { throw error }))`),
    });
    let log = '';
    program.process.stderr?.on('data', (chunk) => {
      log += chunk;
    });
    const url = urlIn(await program.startLine());
    await eventually(() => expect(log).toContain('is replaced'));
    expect((await ask(url, 'hi')).status).toBe(200);
  });
});
