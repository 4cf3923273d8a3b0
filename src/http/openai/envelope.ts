/** What all chunks of an answer say about it. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';

export interface Envelope {
  /** The kind's prefix and random letters and digits. */
  readonly id: string;
  /** Seconds since the epoch, whole. */
  readonly created: number;
  /** The model's name as the client wrote it. */
  readonly model: string;
}

export function createEnvelope(prefix: 'chatcmpl-' | 'cmpl-', model: string, clock: Clock): Envelope {
  return {
    id: `${prefix}${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(clock.now() / 1000),
    model,
  };
}
