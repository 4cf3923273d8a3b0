/** What is asked of all processes that share a hive's port, whichever of them a request has come to. */
import { z } from 'zod';
import type { BridgeStatus } from '../../observe/status.js';
import { isJsonObject } from '../../hive/json-object.js';

export const topic = z.enum(['status', 'metrics']);
export type Topic = z.output<typeof topic>;

/** What one process says of one hive. It is the same program: nobody else could have made it. */
export const report = z.discriminatedUnion('topic', [
  z.object({ topic: z.literal('status'), status: z.custom<BridgeStatus>(isJsonObject) }),
  z.object({ topic: z.literal('metrics'), metrics: z.array(z.custom<object>(isJsonObject)).readonly() }),
]);
export type Report = Readonly<z.output<typeof report>>;

/** Knows of the other processes. */
export interface AllProcesses {
  /** The reports of all that answer in time, the asking one's own among them; the order says nothing. */
  gather(hive: string, topic: Topic): Promise<readonly Report[]>;
}

/** What a process can be asked about one of its hives. */
export interface Reporting {
  status(): BridgeStatus;
  metrics(): Promise<readonly object[]>;
}

export async function toReport(hive: Reporting, about: Topic): Promise<Report> {
  switch (about) {
    case 'status':
      return { topic: about, status: hive.status() };
    case 'metrics':
      return { topic: about, metrics: await hive.metrics() };
    default:
      return about satisfies never;
  }
}
