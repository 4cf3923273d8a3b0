/** `SIGHUP`: what is configured holds from then on, and nobody who is being answered notices. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HiveConfig } from '../../src/hive/config-keys.js';
import { eventually } from '../eventually.js';
import { chat, parseStream, script, startWorld, type World } from '../front-door/world.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ask } from './ask.js';

interface Configured {
  readonly url: string;
  /** The processes that were linked so far. */
  workers(): readonly number[];
  /** Writes the configuration file, or removes it for undefined, and has the program read it; resolves when the log says what came of it. */
  reload(config: unknown): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** The status that a request for a WebSocket is answered with. */
function statusOfUpgrade(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const asked = request(url, { headers, agent: false }, (response) => {
      response.destroy();
      resolve(response.statusCode);
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The program with a configuration file, in front of the embedded daemon. */
async function start(config: object, args: readonly string[] = []): Promise<Configured> {
  const home = temporaryFolder();
  const path = join(home, 'config/hum/hives/ollama-server.json');
  const write = (value: unknown) => {
    if (value === undefined) rmSync(path);
    else writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  };
  mkdirSync(dirname(path), { recursive: true });
  write(config);
  const program = runProgram(['--nest', 'embedded', ...args], { home });
  let stderr = '';
  program.process.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const url = urlIn(await program.startLine());
  const reload = async (next: unknown) => {
    const from = stderr.length;
    write(next);
    program.process.kill('SIGHUP');
    await eventually(() => expect(stderr.slice(from)).toMatch(/read again|stays as it was/));
    return stderr
      .slice(from)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  const workers = () => [...stderr.matchAll(/"pid":(\d+).*linked to humd/g)].map(([, pid]) => Number(pid));
  return { url, workers, reload };
}

async function namesIn(url: string): Promise<readonly string[]> {
  const { models } = Object(await (await fetch(`${url}/api/tags`)).json());
  return models.map(({ name }: { name: string }) => name.replace(/:latest$/, ''));
}

describe('SIGHUP', () => {
  it('shows new models and aliases at once, on every surface', async () => {
    const { url, reload } = await start({ models: ['one'] });
    expect(await namesIn(url)).not.toContain('two');
    const logged = await reload({ models: ['one', { name: 'two', alias: ['deux'], contextLength: 4_321 }] });
    expect(logged).toMatchObject([{ level: 30, hive: 'ollama-server' }]);
    expect(await namesIn(url)).toEqual(expect.arrayContaining(['one', 'two', 'deux']));
    const { data } = Object(await (await fetch(`${url}/v1/models`)).json());
    expect(data.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(['two', 'deux']));
    const shown = await fetch(`${url}/api/show`, { method: 'POST', body: '{"model":"deux"}' });
    expect(await shown.text()).toContain('4321');
  });

  it('drops no turn and closes no connection', async () => {
    const { url, reload } = await start({});
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const isOnSameConnection = () =>
      new Promise<boolean>((resolve, reject) => {
        const asked = request(`${url}/api/version`, { agent }, (answer) => {
          answer.resume().on('end', () => resolve(asked.reusedSocket));
        });
        asked.on('error', reject).end();
      });
    expect(await isOnSameConnection()).toBe(false);
    const steps = script({ n: 40, ms: 20 });
    const stream = await ask(url, steps, { stream: true });
    const other = await ask(url, steps, { stream: true, path: '/v1/chat/completions' });
    await reload({ models: ['other'], turnTimeoutMs: 5_000, maxTurns: 1, apiKey: 'sesame' });
    expect((await stream.text()).trim().split('\n')).toHaveLength(41);
    expect(await other.text()).toMatch(/"t39 ".*data: \[DONE\]/s);
    expect(await isOnSameConnection()).toBe(true);
    expect((await ask(url, 'hi')).status).toBe(401);
  });

  it('reads the keys again, also those in a file of their own', async () => {
    const keys = join(temporaryFolder(), 'keys');
    writeFileSync(keys, 'first\n');
    const config = { apiKey: `@${keys}` };
    const { url, reload } = await start(config);
    const statusWith = async (key: string) =>
      (await fetch(`${url}/api/tags`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect([await statusWith('first'), await statusWith('second')]).toEqual([200, 401]);
    writeFileSync(keys, 'second\n');
    await reload(config);
    expect([await statusWith('first'), await statusWith('second')]).toEqual([401, 200]);
    writeFileSync(keys, '# none\n');
    expect(await reload(config)).toMatchObject([
      { level: 50, msg: expect.stringContaining(`the file ${keys} holds no key`) },
    ]);
    expect([await statusWith('first'), await statusWith('second')]).toEqual([401, 200]);
  });

  it('keeps everything as it was where the new configuration is wrong, and says why', async () => {
    const { url, reload } = await start({ models: ['one'] });
    const wrongs = [
      ['not JSON', 'is not JSON'],
      [{ maxBodyBytes: -1, models: ['two'] }, 'maxBodyBytes'],
      [{ hosts: ['https://wrong.example'], models: ['two'] }, 'hosts has'],
    ];
    for (const [wrong, complaint] of wrongs)
      expect(await reload(wrong)).toMatchObject([
        { level: 50, msg: expect.stringContaining(String(complaint)) },
      ]);
    expect(await namesIn(url)).not.toContain('two');
    expect((await ask(url, 'hi', { model: 'one' })).status).toBe(200);
    await reload({ models: ['two'] });
    expect(await namesIn(url)).toContain('two');
  });

  it('does not open a hive whose file is gone or whose key has become empty, and warns where the key was taken out', async () => {
    const { url, reload } = await start({ apiKey: 'secret' });
    const asks = async () => (await fetch(`${url}/api/tags`)).status;
    for (const [wrong, why] of [
      [undefined, /is gone/],
      [{ apiKey: '' }, /apiKey .* is empty/],
      [{ apiKey: null }, /apiKey .* is empty/],
    ] as const) {
      const lines = await reload(wrong);
      expect(lines.map(({ level, msg }) => [level, msg])).toContainEqual([50, expect.stringMatching(why)]);
      expect(await asks()).toBe(401);
    }
    const lines = await reload({});
    expect(lines.map(({ level, msg }) => [level, msg])).toContainEqual([
      40,
      expect.stringMatching(/no API key is configured any more/),
    ]);
    expect(await asks()).toBe(200);
  });

  it('says what needs a restart, and takes the rest', async () => {
    const { url, reload } = await start({ models: ['one'] });
    const logged = await reload({ models: ['two'], host: '127.0.0.2', version: '9.9.9', wire: 'other/wire' });
    expect(logged).toMatchObject([{ level: 40, keys: ['host', 'version', 'wire'] }, { level: 30 }]);
    expect(await namesIn(url)).toContain('two');
    expect(await (await fetch(`${url}/api/version`)).json()).not.toEqual({ version: '9.9.9' });
  });

  it('does not open a hive to everybody whose host is still one that others can reach', async () => {
    const { url, reload } = await start({ host: '0.0.0.0', apiKey: 'sesame' });
    expect(await reload({ host: '127.0.0.1' })).toMatchObject([
      { level: 50, msg: expect.stringContaining('let everybody in') },
    ]);
    expect((await fetch(`${url}/api/tags`)).status).toBe(401);
  });

  it('reaches every process, and those that come later', async () => {
    const { url, workers, reload } = await start({ models: ['one'] }, ['--workers', '2']);
    const ask20 = () => Promise.all(Array.from({ length: 20 }, () => namesIn(url)));
    await reload({ models: ['two'] });
    await eventually(async () => {
      for (const names of await ask20()) expect(names).toContain('two');
    });
    process.kill(workers()[0] ?? Number.NaN, 'SIGKILL');
    await eventually(() => expect(workers()).toHaveLength(3), 15_000);
    for (const names of await ask20()) expect(names).toContain('two');
  });
});

/** What a client sees of a setting. */
interface Case {
  readonly from?: Partial<HiveConfig>;
  readonly to: Partial<HiveConfig>;
  see(world: World): Promise<unknown>;
  readonly before: unknown;
  readonly after: unknown;
}

const statusOf = (path: string, body: unknown) => async (world: World) =>
  (await world.post(path, body)).status;

/** The status for a request with these headers, which fetch would not send. */
const statusWith = (headers: Readonly<Record<string, string>>) => (world: World) =>
  new Promise<unknown>((resolve, reject) => {
    const asked = request(`${world.url}/api/tags`, { headers, agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    asked.on('error', reject).end();
  });

const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
const whole = (content: unknown, fields: object = {}) => ({
  ...chat('', { stream: false, ...fields }),
  messages: [{ role: 'user', content }],
});

const CASES: Readonly<Record<string, Case>> = {
  maxBodyBytes: {
    to: { maxBodyBytes: 100 },
    see: statusOf('/api/chat', whole('long '.repeat(100))),
    before: 200,
    after: 413,
  },
  bodyTimeoutMs: {
    from: { bodyTimeoutMs: 60 },
    to: { bodyTimeoutMs: 30 },
    see: (world) =>
      new Promise((resolve, reject) => {
        const headers = { 'content-length': '20' };
        const asked = request(
          `${world.url}/api/chat`,
          { method: 'POST', headers, agent: false },
          (answer) => {
            answer.on('data', (body) => resolve(JSON.parse(String(body)).error));
          },
        );
        asked.on('error', reject).write('{"model":');
      }),
    before: 'the request body did not come within 60 ms',
    after: 'the request body did not come within 30 ms',
  },
  maxMessages: {
    to: { maxMessages: 1 },
    see: statusOf('/v1/chat/completions', {
      ...chat('hi'),
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
      ],
    }),
    before: 200,
    after: 400,
  },
  imageUrls: {
    to: { imageUrls: 'refuse' },
    see: statusOf('/v1/chat/completions', whole([{ type: 'text', text: 'what is it?' }, image])),
    before: 200,
    after: 400,
  },
  reasoningField: {
    from: { reasoningField: 'reasoning' },
    to: { reasoningField: 'reasoning_content' },
    see: async (world) => {
      const answer = await world.post('/v1/chat/completions', whole(script({ reason: ['hm'], say: ['a'] })));
      const { message } = Object(await answer.json()).choices[0];
      return ['reasoning', 'reasoning_content'].filter((key) => key in message);
    },
    before: ['reasoning'],
    after: ['reasoning_content'],
  },
  webSockets: {
    to: { webSockets: false },
    see: (world) => statusOfUpgrade(`${world.url}/v1/responses`),
    before: 101,
    after: 426,
  },
  embedTool: {
    from: { embedTool: 'one' },
    to: { embedTool: 'two' },
    see: async (world) => {
      const answer = await world.post('/api/embed', { model: 'claude-sonnet-4', input: 'a' });
      return /'(one|two)'/.exec(await answer.text())?.[1];
    },
    before: 'one',
    after: 'two',
  },
  turnTimeoutMs: {
    to: { turnTimeoutMs: 50 },
    see: async (world) => {
      const answer = await world.post('/api/chat', whole(script({ hang: true })));
      return Object(await answer.json()).error;
    },
    before: 'the worker gave no sign of life for 0.5 s',
    after: 'the worker gave no sign of life for 0.05 s',
  },
  maxTurns: {
    to: { maxTurns: 1, maxQueuedTurns: 0 },
    see: async (world) => {
      const gone = new AbortController();
      await world.post('/api/chat', chat(script({ n: 5_000, ms: 20 })), gone.signal);
      const { status } = await world.post('/api/chat', whole('hi'));
      gone.abort();
      await eventually(() => expect(world.bridge.nest.runningTurns).toBe(0));
      return status;
    },
    before: 200,
    after: 503,
  },
  requestsPerMinute: {
    to: { requestsPerMinute: 1 },
    see: async (world) => {
      await fetch(`${world.url}/api/tags`);
      return (await fetch(`${world.url}/api/tags`)).status;
    },
    before: 200,
    after: 429,
  },
  answerCacheTtlMs: {
    to: { answerCacheTtlMs: 60_000 },
    see: async (world) => {
      const answer = await world.post('/api/chat', whole('hi', { options: { temperature: 0 } }));
      return answer.headers.get('x-hum-cache');
    },
    before: null,
    after: 'miss',
  },
  toolResults: {
    from: { toolResults: 'route' },
    to: { toolResults: 'replay' },
    see: async (world) => {
      const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } };
      const steps = script({ tools: [{ name: 'look', args: {} }] });
      await world.post('/api/chat', whole(steps, { tools: [tool] }));
      return world.bridge.nest.parkedTurns > 0;
    },
    before: true,
    after: false,
  },
  journalDays: {
    to: { journalDays: 0 },
    see: async (world) => {
      const turns = async () => {
        const { data } = Object(await (await fetch(`${world.url}/v1/usage`)).json());
        return data[0]?.turns ?? 0;
      };
      const earlier = await turns();
      await world.post('/api/chat', whole('hi'));
      return (await turns()) - earlier;
    },
    before: 1,
    after: 0,
  },
  hosts: {
    to: { hosts: ['llm.example'] },
    see: statusWith({ host: 'llm.example' }),
    before: 403,
    after: 200,
  },
  origins: {
    to: { origins: ['https://page.example'] },
    see: statusWith({ origin: 'https://page.example' }),
    before: 403,
    after: 200,
  },
};

describe('a setting that changes while the bridge runs', () => {
  it.each(Object.entries(CASES))(
    'holds from then on: %s',
    async (_, { from = {}, to, see, before, after }) => {
      const world = await startWorld({ config: { turnTimeoutMs: 500, ...from } });
      expect(await see(world)).toEqual(before);
      world.bridge.reload({ config: { ...world.bridge.config, ...to }, apiKeys: [] });
      expect(await see(world)).toEqual(after);
    },
  );

  it('does not hold for a turn that runs already', async () => {
    const world = await startWorld();
    const stream = await world.post('/api/chat', chat(script({ n: 20, ms: 20 })));
    const config = { ...world.bridge.config, maxTurns: 1, maxQueuedTurns: 0, maxBufferBytes: 1 };
    world.bridge.reload({ config, apiKeys: [{ key: 'sesame' }] });
    const lines = parseStream(await stream.text());
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'stop' });
  });
});
