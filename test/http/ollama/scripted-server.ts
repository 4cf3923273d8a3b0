/** The app on a real port, with a conversation that says what a test tells it to. */
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import type { Model } from '../../../src/core/model.js';
import type { Conversation } from '../../conversation.js';
import type { TurnRequest } from '../../../src/core/request.js';
import type { TurnSignal } from '../../../src/core/abort.js';
import type { Clock } from '../../../src/http/clock.js';
import { createOllamaSurface } from '../../../src/http/ollama/surface.js';
import { OpenStreams } from '../../../src/http/answer/open-streams.js';
import { modelOf } from '../../model.js';
import { serveSurface } from '../serve-surface.js';

type Turn = (request: TurnRequest, signal: TurnSignal) => AsyncIterable<readonly Event[]>;
type CallTool = Conversation['callTool'];

export interface ScriptedServer {
  readonly url: string;
  /** What was asked, in order. */
  readonly requests: readonly TurnRequest[];
}

export interface ServerSettings {
  /** The models; without them `m` and the unlisted `hidden`. */
  readonly models?: readonly Model[];
  readonly callTool?: CallTool;
  readonly link?: 'up' | 'down';
  readonly clock?: Clock;
  readonly maxImageBytes?: number;
  readonly headerHoldMs?: number;
}

export const MODELS: readonly Model[] = [modelOf('m'), modelOf('hidden', { target: 'm', listed: false })];

const notOffered: CallTool = () => Promise.reject(new Fault('not-offered', 'no bee on this hum offers it'));

/** Listens until the test is over. Each turn plays `turn`. */
export async function startServer(turn: Turn, settings: ServerSettings = {}): Promise<ScriptedServer> {
  const { models = MODELS, callTool = notOffered, link = 'up' } = settings;
  const requests: TurnRequest[] = [];
  const conversation: Conversation = {
    turn(request, signal) {
      requests.push(request);
      return turn(request, signal);
    },
    models: () => models,
    link: () => link,
    callTool,
  };
  const url = await serveSurface({
    conversation,
    maxBodyBytes: 10_000,
    version: '0.99.1',
    create(context) {
      const {
        clock = context.clock,
        maxImageBytes = context.settings.maxImageBytes,
        headerHoldMs,
      } = settings;
      const streams =
        headerHoldMs === undefined
          ? context.streams
          : new OpenStreams(clock, { headerHoldMs, clientStallMs: 10_000 });
      return createOllamaSurface({
        ...context,
        clock,
        streams,
        settings: { ...context.settings, maxImageBytes },
      });
    },
  });
  return { url, requests };
}

/** What a short turn says, and how it ends. */
export const hello: readonly Event[] = [{ type: 'ready' }, { type: 'text-delta', text: 'hello' }];
export const finish: Event = {
  type: 'finish',
  reason: 'stop',
  usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 0, estimated: false },
};

/** A turn that says `batches`, one after the other. */
export async function* saying(...batches: readonly (readonly Event[])[]): AsyncGenerator<readonly Event[]> {
  yield* batches;
}
