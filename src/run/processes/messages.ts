/** What the primary process and its workers tell each other; both are the same program. */
import { z } from 'zod';
import type { HiveConfig } from '../../hive/config-keys.js';
import { isJsonObject } from '../../hive/json-object.js';
import { report, topic } from './all-processes.js';
import { nestPlan } from '../choose-nest.js';
import { hiveFacts } from '../hive-facts.js';

const preparedHive = z.object({
  // Validated by the primary, and not again: what a reading makes of a text it would not take for one.
  config: z.custom<HiveConfig>(isJsonObject),
  apiKeys: z.array(z.string()).readonly(),
  hid: z.string(),
});

const startOrder = z.object({
  type: z.literal('start'),
  hives: z.array(preparedHive).readonly(),
  nest: nestPlan,
  nestlerId: z.string(),
  version: z.string(),
});

export type StartOrder = Readonly<z.output<typeof startOrder>>;

export const toWorker = z.discriminatedUnion('type', [
  startOrder,
  z.object({ type: z.literal('reload'), hives: z.array(preparedHive).readonly() }),
  /** Say how a hive is doing. */
  z.object({ type: z.literal('report'), id: z.string(), hive: z.string(), topic }),
  /** What came of `gather`. */
  z.object({ type: z.literal('gathered'), id: z.string(), reports: z.array(report).readonly() }),
  z.object({ type: z.literal('close') }),
]);

/** `close` is the last one. */
export type ToWorker = Readonly<z.output<typeof toWorker>>;

export const fromWorker = z.discriminatedUnion('type', [
  /** It listens to messages; what was sent before is lost. */
  z.object({ type: z.literal('waiting') }),
  z.object({ type: z.literal('listening'), hives: z.array(hiveFacts).readonly() }),
  /** It wants to know how a hive is doing in all processes. */
  z.object({ type: z.literal('gather'), id: z.string(), hive: z.string(), topic }),
  /** The answer to `report`; none where it has no such hive. */
  z.object({ type: z.literal('reported'), id: z.string(), report: report.optional() }),
  /** It cannot start, and ends. */
  z.object({ type: z.literal('failed'), message: z.string(), isConfig: z.boolean() }),
]);

export type FromWorker = Readonly<z.output<typeof fromWorker>>;
