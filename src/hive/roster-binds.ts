/** Where the bees of a humd listen for HTTP, by what it writes into `bees.json`. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isJsonObject } from '../core/json-object.js';

export interface Bind {
  /** The bee's hive. */
  readonly kind: string;
  readonly host: string;
  readonly port: number;
}

const boundBee = z.object({
  name: z.string(),
  bind: z.object({ host: z.string(), port: z.int().min(1).max(65_535) }),
});

/** Empty where the roster cannot be read. */
export function readBinds(rosterPath: string): readonly Bind[] {
  const bees = readJson(rosterPath);
  return (isJsonObject(bees) ? Object.values(bees) : []).flatMap((bee) => {
    const { success, data } = boundBee.safeParse(bee);
    return success ? [{ kind: data.name, ...data.bind }] : [];
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
