/** Asks a running bridge how it is doing, and takes of its answer, which may be one of another version, what is shown. */
import { z } from 'zod';
import { toPrintableLine } from '../../core/printable.js';
import { readText } from '../../core/read-text.js';
import { parseJson } from '../../core/json-object.js';
import { systemCodeOf } from '../../hive/system-code.js';
import type { BridgeTarget } from '../bridge-target.js';

const count = z.number().nonnegative();

/** See `BridgeStatus`; unknown keys are passed over. */
const statusSchema = z.object({
  version: z.string(),
  kind: z.string(),
  startedAt: z.iso.datetime(),
  processes: z.array(z.unknown()),
  nest: z
    .object({
      type: z.string(),
      answers: z.string(),
      socket: z.string().nullable(),
      upstream: z.string().nullable(),
      ready: z.boolean(),
      text: z.string(),
    })
    .optional(),
  models: z
    .array(
      z.object({
        id: z.string(),
        target: z.string().default(''),
        listed: z.boolean(),
        service: z.string().nullable(),
        workers: z
          .array(z.object({ name: z.string(), statefulness: z.string().nullable().default(null) }))
          .nullable()
          .default(null),
      }),
    )
    .default([]),
  link: z.object({
    state: z.string(),
    to: z.string().optional(),
    sockets: z.array(z.object({ number: count, state: z.string() })),
    reconnects: count,
  }),
  sessions: z.object({ open: count, running: count, parked: count, waiting: count, kept: count.default(0) }),
  turns: z.object({ total: count, byOutcome: z.record(z.string(), count) }),
  tokensPerSecond: count,
  bufferedBytes: count,
  memory: z.object({ rssBytes: count }),
  conversations: z
    .array(
      z.object({
        model: z.string(),
        name: z.string().optional(),
        state: z.string(),
        turns: count,
        ageMs: count,
        idleMs: count,
      }),
    )
    .default([]),
  live: z.array(
    z.object({
      surface: z.string(),
      model: z.string(),
      startedAt: z.iso.datetime(),
      tokens: count,
      tokensPerSecond: count,
      state: z.string(),
    }),
  ),
  recentFaults: z.array(
    z.object({
      at: z.iso.datetime(),
      model: z.string().nullable(),
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
    }),
  ),
});

export type ShownStatus = Readonly<z.output<typeof statusSchema>>;

export type StatusAnswer =
  | {
      readonly type: 'status';
      readonly status: ShownStatus;
      /** As it came. */
      readonly text: string;
      /** The bridge's own time, in ms: its clock may be another than ours. */
      readonly now: number;
    }
  /** One line, with what to do about it. */
  | { readonly type: 'failed'; readonly message: string };

const ANSWER_TIMEOUT_MS = 3_000;
const MAX_SHOWN_MESSAGE = 300;
const MAX_ANSWER_BYTES = 32 * 2 ** 20;

const errorSchema = z.object({ error: z.object({ message: z.string() }) });

/** Rejects only where `signal` is aborted. */
export async function askStatus(target: BridgeTarget, signal: AbortSignal): Promise<StatusAnswer> {
  const { base, key, hive } = target;
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(new URL('ui/api/status', base), {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      // A key is for the address that it was given for.
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
    return readAnswer(base.origin, response, await readText(response, MAX_ANSWER_BYTES));
  } catch (error) {
    signal.throwIfAborted();
    const why = timeout.aborted ? `none within ${ANSWER_TIMEOUT_MS / 1_000} s` : toReason(error);
    return failed(
      `no bridge answers at ${base.origin} (${why}): start it (thrum-bridge ${hive}), or name its address with --url`,
    );
  }
}

function readAnswer(origin: string, response: Response, text: string): StatusAnswer {
  const json = parseJson(text);
  if (response.status === 401 || response.status === 403) {
    const { data } = errorSchema.safeParse(json);
    const why =
      data === undefined ? '' : ` (${toPrintableLine(data.error.message).slice(0, MAX_SHOWN_MESSAGE)})`;
    return failed(`${origin} refuses to say it${why}: give it one of its API keys with --key`);
  }
  const { data: status } = statusSchema.safeParse(json);
  if (!response.ok || status === undefined)
    return failed(
      `${origin} answers, but not as a thrum-bridge of this version does: name the bridge's address with --url`,
    );
  const date = Date.parse(response.headers.get('date') ?? '');
  return { type: 'status', status, text, now: Number.isNaN(date) ? Date.now() : date };
}

function failed(message: string): StatusAnswer {
  return { type: 'failed', message };
}

/** The system's code where there is one; `fetch` wraps it. */
function toReason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return systemCodeOf(cause) ?? 'the connection failed';
}
