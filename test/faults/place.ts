/** Where a humd of a test would be. */
import { join } from 'node:path';
import type { Place } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';

export type { Place } from '../running-bridge.js';

/** A new folder with nothing in it yet. */
export function temporaryPlace(): Place {
  const folder = temporaryFolder();
  return { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
}
