/** From a request on its way to what its route makes of the body's bytes: at once, or in a thread for a large one. */
import type { IncomingMessage } from 'node:http';
import type { TurnSignal } from '../../core/abort.js';
import { runOffLoop } from '../../threads/off-loop.js';
import type { Task } from '../../threads/task.js';
import type { BodyLimits } from './read-body.js';
import { workOf } from './body-work.js';
import { readDecodedBody } from './content-encoding.js';

/** What a route's reader is given: the decoded body, and what else it goes by. */
export interface BodyInput<Facts = undefined> {
  readonly bytes: Uint8Array;
  readonly facts: Facts;
}

/** Rejects as `readDecodedBody` does, with what `reader` throws, and as `runOffLoop` does. @param gone aborts when the client leaves */
export async function readRequest<Facts, Read>(
  incoming: IncomingMessage,
  limits: BodyLimits,
  reader: Task<BodyInput<Facts>, Read>,
  facts: Facts,
  gone: TurnSignal,
): Promise<Read> {
  const bytes = await readDecodedBody(incoming, limits);
  return runOffLoop(reader, { bytes, facts }, workOf(bytes), gone);
}
