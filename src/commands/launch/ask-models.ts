/** Asks a running bridge for its models. */
import { z } from 'zod';
import type { BridgeTarget } from '../bridge-target.js';
import { toPrintableLine } from '../../core/printable.js';
import { readText } from '../../core/read-text.js';
import type { OfferedModel } from './agent-settings.js';

export type ModelsAnswer =
  | { readonly type: 'models'; readonly models: readonly (OfferedModel & { readonly isServed: boolean })[] }
  /** One line, with what to do about it. */
  | { readonly type: 'failed'; readonly message: string };

const ANSWER_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 32 * 2 ** 20;

const listSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      context_window: z.number().optional(),
      /** Absent where a worker serves it. */
      active: z.boolean().default(true),
    }),
  ),
});

export async function askModels({ base, key, hive }: BridgeTarget): Promise<ModelsAnswer> {
  try {
    const response = await fetch(new URL('v1/models', base), {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      // A key is for the address that it was given for.
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (response.status === 401)
      return failed(`the bridge at ${base.origin} wants an API key: give it with --key`);
    const list = listSchema.safeParse(JSON.parse(await readText(response, MAX_ANSWER_BYTES)));
    if (!response.ok || !list.success) return failed(`what answers at ${base.origin} is no bridge`);
    const models = list.data.data.map(({ id, context_window: contextLength, active: isServed }) => ({
      id,
      contextLength,
      isServed,
    }));
    return { type: 'models', models };
  } catch {
    return failed(
      `no bridge answers at ${base.origin}: start one with thrum-bridge ${hive}, or name it with --url`,
    );
  }
}

function failed(message: string): ModelsAnswer {
  return { type: 'failed', message: toPrintableLine(message) };
}
