/** What the command `status` takes of a bridge's answer, which may be one of another version. */
import { z } from 'zod';

const count = z.number().nonnegative();

/** See `BridgeStatus`; unknown keys are passed over. */
export const statusSchema = z.object({
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
