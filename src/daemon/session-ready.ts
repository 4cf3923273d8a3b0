/** The tone with which every answer of a worker begins. */
import type { Tone } from '../thrum/link/tone-codec.js';
import type { WorkerTurn } from './worker-turn.js';

export function toSessionReady({ prompt, sid }: WorkerTurn): Tone {
  return { chi: 'session-ready', nestId: `nest-${sid}`, model: prompt['modelId'] ?? '', tools: [] };
}
