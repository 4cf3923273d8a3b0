import { describe, expect, it } from 'vitest';
import type { SessionInfo } from '../../src/core/port.js';
import type { BridgeStatus, LiveTurnStatus, NestStatus } from '../../src/observe/status.js';
import { mergeStatus } from '../../src/observe/merge-status.js';

const live = (startedAt: string): LiveTurnStatus => ({
  requestId: startedAt,
  surface: 'ollama',
  model: 'm',
  startedAt,
  firstMs: null,
  tokens: 0,
  tokensPerSecond: 0,
  state: 'queued',
});

const conversation = (idleMs: number): SessionInfo => ({
  id: `of ${idleMs} ms`,
  keyId: undefined,
  model: 'm',
  name: undefined,
  ageMs: idleMs,
  idleMs,
  turns: 1,
  state: 'kept',
});

const nest = (fields: Partial<NestStatus> = {}): NestStatus => ({
  type: 'hum',
  answers: 'humd',
  socket: '/thrum.sock',
  upstream: null,
  ready: true,
  problem: null,
  text: 'humd at /thrum.sock',
  ...fields,
});

const status = (fields: Partial<BridgeStatus> = {}): BridgeStatus => ({
  version: '1.0.0',
  kind: 'ollama-server',
  hid: 'fbee_1',
  startedAt: '2026-01-02T00:00:00.000Z',
  processes: [{ pid: 1, startedAt: '2026-01-02T00:00:00.000Z' }],
  nest: nest(),
  link: {
    state: 'up',
    to: 'humd',
    sockets: [
      { number: 1, state: 'open' },
      { number: 2, state: 'up' },
    ],
    reconnects: 1,
    droppedLines: { oversized: 1, malformed: 2 },
    ignoredTones: { unknownChi: 3, foreignSid: 4 },
    cancels: 5,
  },
  sessions: { open: 4, running: 3, parked: 2, waiting: 1, kept: 5 },
  turns: { total: 3, byOutcome: { stop: 2, timeout: 1 } },
  tokensPerSecond: 1.1,
  history: {
    stepSeconds: 5,
    tokens: [1, 20],
    ended: [0, 2],
    failed: [0, 1],
    firsts: [0, 1],
    firstMsSum: [0, 30],
    firstMsMax: [0, 30],
  },
  bufferedBytes: 10,
  memory: { rssBytes: 100 },
  models: [],
  conversations: [conversation(7)],
  live: [live('2026-01-02T00:00:01.000Z')],
  recentFaults: [],
  ...fields,
});

describe('mergeStatus', () => {
  it('tells of the process that cannot answer, or else of one that only echoes', () => {
    const echo = nest({ type: 'embedded', answers: 'echo' });
    const dead = nest({ ready: false, problem: 'no worker is on the mesh' });
    const merged = (...nests: readonly NestStatus[]) =>
      mergeStatus([status(), ...nests.map((one) => status({ nest: one }))]).nest;
    expect(merged(nest())).toEqual(nest());
    expect(merged(nest(), echo)).toEqual(echo);
    expect(merged(echo, dead)).toEqual(dead);
  });

  it('changes nothing about a single one', () => {
    expect(mergeStatus([status()])).toEqual(status());
  });

  it('adds up, sorts, and says that the link is down if one is', () => {
    const other = status({
      startedAt: '2026-01-01T00:00:00.000Z',
      processes: [{ pid: 2, startedAt: '2026-01-01T00:00:00.000Z' }],
      link: {
        ...status().link,
        state: 'down',
        sockets: [
          { number: 1, state: 'half-open' },
          { number: 2, state: 'closed' },
        ],
      },
      turns: { total: 2, byOutcome: { stop: 1, left: 1 } },
      history: {
        stepSeconds: 5,
        tokens: [7],
        ended: [1],
        failed: [0],
        firsts: [1],
        firstMsSum: [20],
        firstMsMax: [20],
      },
      live: [live('2026-01-02T00:00:00.000Z')],
      conversations: [conversation(3), conversation(9)],
    });
    expect(mergeStatus([status(), other])).toMatchObject({
      startedAt: '2026-01-01T00:00:00.000Z',
      processes: [{ pid: 1 }, { pid: 2 }],
      link: {
        state: 'down',
        sockets: [
          { number: 1, state: 'open' },
          { number: 2, state: 'closed' },
        ],
        reconnects: 2,
        droppedLines: { oversized: 2, malformed: 4 },
        ignoredTones: { unknownChi: 6, foreignSid: 8 },
        cancels: 10,
      },
      sessions: { open: 8, running: 6, parked: 4, waiting: 2, kept: 10 },
      turns: { total: 5, byOutcome: { stop: 3, timeout: 1, left: 1 } },
      tokensPerSecond: 2.2,
      history: {
        stepSeconds: 5,
        tokens: [1, 27],
        ended: [0, 3],
        failed: [0, 1],
        firsts: [0, 2],
        firstMsSum: [0, 50],
        firstMsMax: [0, 30],
      },
      bufferedBytes: 20,
      memory: { rssBytes: 200 },
      conversations: [conversation(3), conversation(7), conversation(9)],
      live: [{ startedAt: '2026-01-02T00:00:00.000Z' }, { startedAt: '2026-01-02T00:00:01.000Z' }],
    });
  });
});
