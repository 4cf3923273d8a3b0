/** One surface on a real port, in front of a conversation that a test scripts. */
import { type Logger, pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { GrantRights, Mesh, Turns } from '../../src/core/port.js';
import type { RequestAudit } from '../../src/observe/records.js';
import { type Conversation, toMesh } from '../conversation.js';
import { createApp } from '../../src/http/app.js';
import { systemClock } from '../../src/http/clock.js';
import { toNestStatus } from '../../src/run/who-answers.js';
import type { RequestWatcher } from '../../src/http/guards/admit-request.js';
import { ApiKeys } from '../../src/http/guards/api-key-guard.js';
import { HostGuard } from '../../src/http/guards/host-guard.js';
import { Listener } from '../../src/http/server/listener.js';
import { OpenStreams } from '../../src/http/answer/open-streams.js';
import { OriginGuard } from '../../src/http/guards/origin-guard.js';
import { RateLimit, type RateLimits } from '../../src/http/guards/rate-limit.js';
import type { Surface, SurfaceContext, SurfaceSettings } from '../../src/http/surface.js';

export interface ServedSurface {
  readonly create: (context: SurfaceContext) => Surface;
  readonly conversation: Conversation;
  /** What the conversation's turns go through on their way; by default nothing. */
  readonly turns?: Turns;
  readonly apiKey?: string;
  readonly origins?: readonly string[];
  readonly maxBodyBytes?: number;
  readonly version?: string;
  /** True without it. */
  readonly webSockets?: boolean;
  /** Of what else is configured. */
  readonly settings?: Partial<SurfaceSettings>;
  readonly headersTimeoutMs?: number;
  readonly clientStallMs?: number;
  readonly pingMs?: number;
  /** Of the messages of WebSockets. */
  readonly bodyTimeoutMs?: number;
  readonly maxWebSocketMs?: number;
  /** Read at each use; by default requests are not limited. */
  readonly rateLimits?: RateLimits;
  /** By default what the conversation says, at once. */
  readonly mesh?: Mesh;
  readonly streams?: OpenStreams;
  readonly log?: Logger;
  readonly audit?: RequestAudit;
  readonly watcher?: RequestWatcher;
  /** By default requests stay as they are. */
  readonly grantRights?: GrantRights;
}

/** Listens on a free port until the test is over; resolves with the address. */
export async function serveSurface(served: ServedSurface): Promise<string> {
  const {
    create,
    conversation,
    turns = conversation,
    apiKey,
    origins = [],
    maxBodyBytes = 1_000_000,
    version = '0.0.0',
    webSockets = true,
    settings = {},
  } = served;
  const { clientStallMs = 10_000, rateLimits = { requestsPerMinute: 0 } } = served;
  const rateLimit = new RateLimit(rateLimits);
  const {
    mesh = toMesh(conversation),
    streams = new OpenStreams(systemClock, { headerHoldMs: 10_000, clientStallMs }),
    log = pino({ level: 'silent' }),
    audit = { failed: () => undefined },
    watcher,
    grantRights = (request) => request,
  } = served;
  const app = createApp({
    surfaces: [
      create({
        turns,
        mesh,
        grantRights,
        streams,
        clock: systemClock,
        log,
        detached: new Set(),
        settings: {
          maxBodyBytes,
          maxTotalBodyBytes: 100_000_000,
          bodyTimeoutMs: 10_000,
          maxImageBytes: 1_000_000,
          imageUrls: 'pass',
          maxMessages: 1_000,
          maxTools: 1_000,
          maxImages: 1_000,
          embedTool: 'embed',
          reasoningField: 'both',
          webSockets,
          keepAlive: '5m',
          maxBackground: 8,
          maxKeptStreams: 100,
          maxKeptStreamBytes: 1_000_000,
          keptStreamMs: 60_000,
          ...settings,
          version,
        },
        usage: { usage: async () => ({ rows: [], unread: [] }) },
        secret: 'a secret of the tests',
        sessions: { list: async () => [], delete: async () => false },
      }),
    ],
    whoAnswers: () =>
      toNestStatus({ embedded: undefined, link: mesh.link(), sockets: [], roster: undefined, models: [] }),
    hosts: new HostGuard({
      bound: '127.0.0.1',
      machine: 'test-machine',
      addresses: () => [],
      configured: [],
      setting: 'THE_HOSTS',
    }),
    origins: new OriginGuard({ configured: origins, setting: 'THE_ORIGINS' }),
    apiKeys: apiKey === undefined ? undefined : new ApiKeys([{ key: apiKey }]),
    get rateLimit() {
      return rateLimits.requestsPerMinute > 0 ? rateLimit : undefined;
    },
    clock: systemClock,
    log,
    links: () => [],
    audit,
    watcher,
    stage: () => 'serving',
  });
  const listener = new Listener(app, {
    limits: {
      maxConnections: 1_000,
      idleTimeoutMs: 75_000,
      clientStallMs,
      maxBodyBytes,
      maxTotalBodyBytes: 100_000_000,
      bodyTimeoutMs: served.bodyTimeoutMs ?? 30_000,
    },
    ...(served.pingMs === undefined ? {} : { pingMs: served.pingMs }),
    ...(served.maxWebSocketMs === undefined ? {} : { maxWebSocketMs: served.maxWebSocketMs }),
    ...(served.headersTimeoutMs === undefined ? {} : { headersTimeoutMs: served.headersTimeoutMs }),
  });
  onTestFinished(async () => {
    const drained = listener.drain();
    listener.destroy();
    await drained;
  });
  return `http://127.0.0.1:${await listener.listen('127.0.0.1', 0)}`;
}
