/** The language of the scripts that a prompt has the echo worker play (test/fixtures/thrum: the `prompt` lines). */
import { z } from 'zod';
import { DEFAULT_USAGE } from '../worker/turn.js';

const MARK = '@script';

const call = z.object({ name: z.string(), args: z.unknown().default({}) });

const Script = z.object({
  /** Text deltas. */
  say: z.array(z.string()).default([]),
  /** Reasoning deltas, before the text. */
  reason: z.array(z.string()).default([]),
  /** So many more text deltas: "t0 ", "t1 ", … */
  n: z.int().nonnegative().default(0),
  /** So many full stops behind the number of each of these. */
  pad: z.int().nonnegative().default(0),
  /** The time between two deltas. */
  ms: z.number().nonnegative().default(0),
  /** `chunk`: as the daemon's workers send it, `part`: as the wire spec has it. */
  dialect: z.enum(['chunk', 'part']).default('chunk'),
  tools: z.array(call).default([]),
  /** Text deltas after all tool results. */
  // biome-ignore lint/suspicious/noThenProperty: the recorded scripts call it so
  then: z.array(z.string()).default([]),
  /** Further calls after that, each round with its own text deltas behind its results. */
  rounds: z
    .array(
      z.object({
        tools: z.array(call),
        // biome-ignore lint/suspicious/noThenProperty: as above
        then: z.array(z.string()).default([]),
      }),
    )
    .default([]),
  /** The calls come as `tool_use` parts, and nothing waits for results. */
  toolsAsChunk: z.boolean().default(false),
  /** Each call's arguments are streamed ahead of it. */
  toolInput: z.boolean().default(false),
  finish: z.string().optional(),
  error: z.looseObject({ message: z.string() }).optional(),
  /** The error comes after so many text deltas instead of after all. */
  errorAfter: z.int().nonnegative().optional(),
  usage: z.record(z.string(), z.unknown()).nullable().default(DEFAULT_USAGE),
  exitCode: z.number().optional(),
  /** A `permission-ask` comes first. */
  permission: z.boolean().default(false),
  /** `session-ready`, then nothing until cancelled. */
  hang: z.boolean().default(false),
  /** Nothing at all until cancelled. */
  silent: z.boolean().default(false),
  /** The worker drops its connection after the text. */
  die: z.boolean().default(false),
});

export type Script = z.output<typeof Script>;

/** The script of a message that begins with `@script {json}`, undefined for any other. Throws when it is malformed. */
export function parseScript(message: string): Script | undefined {
  if (!message.startsWith(MARK)) return undefined;
  const json = message.slice(MARK.length).trim();
  if (!json.startsWith('{')) return undefined;
  try {
    return Script.parse(JSON.parse(json));
  } catch (cause) {
    throw new Error('the prompt is not a script that the echo worker can play', { cause });
  }
}
