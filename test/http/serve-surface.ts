/** One surface on a real port, in front of a conversation that a test scripts. */
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Conversation } from '../../src/conversation/port.js';
import { createApp } from '../../src/http/app.js';
import { systemClock } from '../../src/http/clock.js';
import { ApiKeys } from '../../src/http/guard.js';
import { HostGuard } from '../../src/http/host-guard.js';
import { Listener } from '../../src/http/listener.js';
import { OpenStreams } from '../../src/http/open-streams.js';
import { OriginGuard } from '../../src/http/origin-guard.js';
import type { Surface, SurfaceContext } from '../../src/http/surface.js';

export interface ServedSurface {
  readonly create: (context: SurfaceContext) => Surface;
  readonly conversation: Conversation;
  readonly apiKey?: string;
  readonly origins?: readonly string[];
  readonly maxBodyBytes?: number;
  readonly version?: string;
}

/** Listens on a free port until the test is over; resolves with the address. */
export async function serveSurface(served: ServedSurface): Promise<string> {
  const { create, conversation, apiKey, origins = [], maxBodyBytes = 1_000_000, version = '0.0.0' } = served;
  const streams = new OpenStreams(systemClock, { headerHoldMs: 10_000, clientStallMs: 10_000 });
  const app = createApp({
    surfaces: [
      create({
        conversation,
        streams,
        clock: systemClock,
        maxBodyBytes,
        maxImageBytes: 1_000_000,
        embedTool: 'embed',
        reasoningField: 'both',
        usage: { usage: async () => [] },
        version,
      }),
    ],
    conversation,
    hosts: new HostGuard({
      bound: '127.0.0.1',
      machine: 'test-machine',
      addresses: () => [],
      configured: [],
      setting: 'THE_HOSTS',
    }),
    origins: new OriginGuard({ configured: origins, setting: 'THE_ORIGINS' }),
    apiKeys: new ApiKeys(apiKey === undefined ? [] : [apiKey]),
    clock: systemClock,
    log: pino({ level: 'silent' }),
    isOpen: () => true,
  });
  const listener = new Listener(app);
  onTestFinished(async () => {
    const drained = listener.drain();
    listener.destroy();
    await drained;
  });
  return `http://127.0.0.1:${await listener.listen('127.0.0.1', 0)}`;
}
