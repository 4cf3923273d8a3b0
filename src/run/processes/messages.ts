/** The messages between the primary process and the others, which all run the same program, and what these tell each other by way of it. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isJsonObject } from '../../core/json-object.js';
import type { HiveConfig } from '../../hive/config-keys.js';
import type { ReplicaChannel } from '../../shared/replica-store.js';
import { nestPlan } from '../choose-nest.js';
import { apiKeySchema } from '../read-api-keys.js';
import { hiveFacts } from '../start-line.js';
import { report, reportTopic } from './reports.js';

const preparedHive = z.object({
  // The primary has validated it. A second reading would not take what the first one made of the text.
  config: z.custom<HiveConfig>(isJsonObject),
  apiKeys: z.array(apiKeySchema).readonly(),
  hid: z.string(),
  secret: z.string(),
});

/** What one process tells the others about a hive. */
const notice = { hive: z.string(), channel: z.string(), message: z.string() };

const startOrder = z.object({
  type: z.literal('start'),
  hives: z.array(preparedHive).readonly(),
  nest: nestPlan,
  nestlerId: z.string(),
  /** Of the process, from 0. */
  processNumber: z.int().min(0),
  version: z.string(),
});

export type StartOrder = Readonly<z.output<typeof startOrder>>;

export const fromPrimary = z.discriminatedUnion('type', [
  startOrder,
  z.object({ type: z.literal('reload'), hives: z.array(preparedHive).readonly() }),
  /** Report on a hive. */
  z.object({ type: z.literal('report'), id: z.string(), hive: z.string(), topic: reportTopic }),
  /** The answer to `gather`. */
  z.object({ type: z.literal('gathered'), id: z.string(), reports: z.array(report).readonly() }),
  /** Another process has published it. */
  z.object({ type: z.literal('published'), ...notice }),
  z.object({ type: z.literal('close') }),
]);

/** `close` is the last one. */
export type FromPrimary = Readonly<z.output<typeof fromPrimary>>;

export const fromChild = z.discriminatedUnion('type', [
  /** It listens to messages; those that were sent before are lost. */
  z.object({ type: z.literal('waiting') }),
  z.object({ type: z.literal('listening'), hives: z.array(hiveFacts).readonly() }),
  /** Asks how a hive is doing in all processes. */
  z.object({ type: z.literal('gather'), id: z.string(), hive: z.string(), topic: reportTopic }),
  /** The answer to `report`; without one where it has no such hive. */
  z.object({ type: z.literal('reported'), id: z.string(), report: report.optional() }),
  /** Is to be told to all others. */
  z.object({ type: z.literal('publish'), ...notice }),
  /** It cannot start, and ends. */
  z.object({ type: z.literal('failed'), message: z.string(), isConfig: z.boolean() }),
]);

export type FromChild = Readonly<z.output<typeof fromChild>>;

export interface Notice {
  /** The kind of the hive that it is about. */
  readonly hive: string;
  readonly channel: string;
  readonly message: string;
}

/** In one of the processes. The others alone hear what it publishes. */
export class ProcessChannels {
  readonly #tellOthers: (notice: Notice) => void;
  readonly #listeners: { readonly hive: string; readonly channel: string; listen(message: string): void }[] =
    [];

  constructor(tellOthers: (notice: Notice) => void) {
    this.#tellOthers = tellOthers;
  }

  of(hive: string): ReplicaChannel {
    return {
      replicaId: randomUUID(),
      publish: async (channel, message) => this.#tellOthers({ hive, channel, message }),
      subscribe: (channel, listen) => this.#listeners.push({ hive, channel, listen }),
    };
  }

  /** Takes what another process has published. */
  onPublished({ hive, channel, message }: Notice): void {
    for (const listener of this.#listeners)
      if (listener.hive === hive && listener.channel === channel) listener.listen(message);
  }
}
