import { describe, expect, it } from 'vitest';
import { CONFIG_KEYS, configSchema } from '../../src/hive/config-keys.js';

const MAX_TIMER_MS = 2_147_483_647;

describe('the table of keys', () => {
  it('has these defaults', () => {
    expect(Object.fromEntries(CONFIG_KEYS.map((key) => [key.name, key.default]))).toEqual({
      host: '127.0.0.1',
      port: undefined,
      models: ['claude-sonnet-4-6', 'claude-haiku-4-5', 'claude-opus-4-7'],
      defaultModel: undefined,
      contextLength: 200_000,
      apiKey: undefined,
      thrumSock: undefined,
      thrumSocks: [],
      socketCheck: 'warn',
      rosterTtlMs: 2_000,
      turnTimeoutMs: 240_000,
      readyTimeoutMs: 5_000,
      headerHoldMs: 10_000,
      promptTimeoutMs: 5_000,
      startTimeoutMs: 60_000,
      gatherWindowMs: 50,
      toolResults: 'auto',
      declareTools: [],
      showWorkerTools: false,
      maxParkedTurns: 256,
      maxParkedBytes: 16_777_216,
      workerTools: undefined,
      workerToolNames: [],
      cwd: undefined,
      cwdRoots: [],
      defaultSystem: 'You are a helpful assistant. Answer in the language that you are addressed in.',
      defuseText: true,
      toolTimeoutMs: 30_000,
      drainDelayMs: 250,
      drainMs: 10_000,
      clientStallMs: 60_000,
      maxConnections: 4_096,
      idleTimeoutMs: 75_000,
      maxToneBytes: 8_388_608,
      maxBodyBytes: 33_554_432,
      maxTotalBodyBytes: 268_435_456,
      bodyTimeoutMs: 30_000,
      maxBufferBytes: 1_048_576,
      maxAnswerBytes: 33_554_432,
      maxTotalBufferBytes: 67_108_864,
      maxImageBytes: 20_971_520,
      maxTurns: 512,
      maxQueuedTurns: 64,
      queueTimeoutMs: 5_000,
      turnsPerWorker: { 'claude-cli': 8, 'claude-repl': 8 },
      requestsPerMinute: 0,
      maxMessages: 10_000,
      maxTools: 512,
      maxImages: 100,
      imageUrls: 'pass',
      embedTool: 'embed',
      hosts: [],
      origins: [],
      journalDays: 30,
      keepAlive: '5m',
      answerCacheTtlMs: 0,
      reasoningField: 'both',
      webSockets: true,
      maxBackground: 64,
      maxKeptStreams: 1_000,
      maxKeptStreamBytes: 33_554_432,
      keptStreamMs: 600_000,
      version: '0.32.15',
      wire: undefined,
      provides: [],
      source: 'https://github.com/thrum-bridge/thrum-bridge',
    });
  });

  it.each(CONFIG_KEYS)('$name has a one-line description and says what is allowed', (key) => {
    expect(key.description).toMatch(/^\S.*\S$/);
    expect(key.allowed).toMatch(/^\S.*\S$/);
  });

  it('has one secret', () => {
    expect(CONFIG_KEYS.filter((key) => key.isSecret).map((key) => key.name)).toEqual(['apiKey']);
  });
});

const { shape } = configSchema;

describe.each([
  {
    name: 'host',
    schema: shape.host,
    good: ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost', 'my_box.lan', 'example.org.'],
    bad: ['', ' ', '[::1]', 'localhost:80', 'http://localhost', 'a/b', 'a..b', 7, null],
  },
  {
    name: 'port',
    schema: shape.port,
    good: [0, 1, 65_535],
    bad: [-1, 65_536, 70_000, 80.5, '80', Number.NaN, null, true, undefined],
  },
  {
    name: 'models',
    schema: shape.models,
    good: [
      [],
      ['a'],
      ['a', 'b:latest'],
      [{ name: 'a', alias: 'b', contextLength: 5, capabilities: ['tools'] }, 'c'],
      [{ name: 'a', workerTools: 'mesh', cwd: '/srv', defaultSystem: '' }],
    ],
    bad: [
      5,
      'a',
      [''],
      [' '],
      ['a', 5],
      {},
      [{}],
      [{ name: 'a', contextLenght: 5 }],
      [{ name: 'a', capabilities: ['image'] }],
      [{ name: 'a', workerTools: 'some' }],
      [{ name: 'a', cwd: 'srv' }],
    ],
  },
  {
    name: 'apiKey',
    schema: shape.apiKey,
    good: [undefined, 'a', 'a,b', ' a '],
    bad: ['', ' ', ',', ' , ', 5, ['a']],
  },
  {
    name: 'thrumSock',
    schema: shape.thrumSock,
    good: [undefined, '/run/hum/thrum.sock'],
    bad: ['', 'thrum.sock', './thrum.sock', '~/thrum.sock', 5],
  },
  {
    name: 'workerTools',
    schema: shape.workerTools,
    good: [undefined, 'none', 'mesh', 'all'],
    bad: ['', 'some', 'None', true, null, ['mesh']],
  },
  {
    name: 'workerToolNames',
    schema: shape.workerToolNames,
    good: [[], ['Bash', 'a_b-c.d', '*', 'mcp__hum__*']],
    bad: [['a b'], ['a,b'], ['Bash(rm)'], [''], ['ü'], 'Bash', [1]],
  },
  {
    name: 'cwd',
    schema: shape.cwd,
    good: [undefined, '/', '/srv/a b'],
    bad: ['', '.', 'srv', '~/x', 'hum://host/path', 5, null],
  },
  {
    name: 'cwdRoots',
    schema: shape.cwdRoots,
    good: [[], ['/srv', '/']],
    bad: ['/srv', ['srv'], [''], [5]],
  },
  { name: 'defaultSystem', schema: shape.defaultSystem, good: ['', 'a\nb'], bad: [5, null, undefined] },
  {
    name: 'turnTimeoutMs',
    schema: shape.turnTimeoutMs,
    good: [1, MAX_TIMER_MS],
    bad: [0, -1, 1.5, MAX_TIMER_MS + 1, '1', Number.POSITIVE_INFINITY],
  },
  {
    name: 'maxBodyBytes',
    schema: shape.maxBodyBytes,
    good: [1, 268_435_456],
    bad: [0, -1, 1.5, 268_435_457, '1 MiB'],
  },
  {
    name: 'version',
    schema: shape.version,
    good: ['0.14.0', '0.32.15', '1.0.0', '10.2.3'],
    bad: ['0.13.9', '0.14', 'v0.14.0', '0.14.0-rc1', '0.14.0.1', '', 0.14],
  },
  { name: 'wire', schema: shape.wire, good: ['ollama/api'], bad: ['', 'a b', 5] },
  { name: 'provides', schema: shape.provides, good: [[], ['session']], bad: ['session', [''], [1]] },
  {
    name: 'source',
    schema: shape.source,
    good: ['https://example.org/a', 'http://example.org'],
    bad: ['', 'example.org', 'ftp://example.org', 'javascript:alert(1)'],
  },
])('$name', ({ schema, good, bad }) => {
  it.each(good.map((value) => [value]))('takes %j', (value) => {
    expect(schema.safeParse(value)).toMatchObject({ success: true });
  });

  it.each(bad.map((value) => [value]))('refuses %j', (value) => {
    expect(schema.safeParse(value)).toMatchObject({ success: false });
  });
});
