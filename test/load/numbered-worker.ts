/** The worker behind a run: says the numbered answer that its prompt asks for, in the way the prompt asks for it. */
import { z } from 'zod';
import { hashEmbedTool, runHashEmbed } from '../../src/daemon/echo/hash-embed.js';
import { toMessageToAnswer } from '../../src/daemon/echo/worker.js';
import { playScript } from '../../src/daemon/echo/play-script.js';
import { parseScript } from '../../src/daemon/echo/script.js';
import { startWorkerBee, type WorkerBee } from '../../src/daemon/worker/worker-bee.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { tokensOf } from './numbered-answer.js';

export const MODEL = 'claude-sonnet-4';
export const TOOL = 'look';

const MARK = '@numbered ';

const Order = z.strictObject({
  id: z.string().regex(/^\w+$/),
  tokens: z.int().min(1),
  padding: z.int().min(0),
  /** The time between two tokens, in ms. */
  paceMs: z.number().min(0),
  dialect: z.enum(['chunk', 'part']),
  /** The worker fails after so many tokens. */
  errorAfter: z.int().min(0).optional(),
  /** Nothing comes after the cell is up, or not even that. */
  ending: z.enum(['hang', 'silent']).optional(),
  /** The worker calls the tool, and says this when it has the result, whatever that is. */
  callsToolFirst: z
    .strictObject({ id: z.string(), tokens: z.int().min(1), padding: z.int().min(0) })
    .readonly()
    .optional(),
});

/** What a prompt asks the worker for. */
export type Order = Readonly<z.output<typeof Order>>;

/** The text of a user's message, or of a tool's result, that asks for `order`. */
export function toMessage(order: Order): string {
  return MARK + JSON.stringify(order);
}

/** The order that a prompt tone ends with; undefined for a prompt that is not of a run. */
export function orderOf(prompt: Tone): Order | undefined {
  const message = toMessageToAnswer(String(prompt['content'] ?? prompt['text'] ?? ''));
  return message.startsWith(MARK) ? Order.parse(JSON.parse(message.slice(MARK.length))) : undefined;
}

/** Resolves when the worker stands in bees.json. It also makes embeddings. */
export function startNumberedWorker(socketPath: string): Promise<WorkerBee> {
  return startWorkerBee({
    socketPath,
    hive: 'numbered',
    models: [MODEL],
    tools: [hashEmbedTool],
    onToolCall: async (call) => runHashEmbed(call['args']),
    async onPrompt(turn) {
      const order = orderOf(turn.prompt);
      const script = order && parseScript(`@script ${JSON.stringify(toScript(order))}`);
      if (script === undefined) throw new Error('the prompt asks for no numbered answer');
      await playScript(script, turn);
    },
  });
}

function toScript(order: Order): Readonly<Record<string, unknown>> {
  const { paceMs, dialect, errorAfter, ending, callsToolFirst, id } = order;
  if (callsToolFirst) {
    return { dialect, tools: [{ name: TOOL, args: { id } }], then: tokensOf(callsToolFirst) };
  }
  return {
    say: tokensOf(order),
    ms: paceMs,
    dialect,
    ...(errorAfter !== undefined && { errorAfter, error: { message: 'told to fail', code: 'worker_error' } }),
    ...(ending !== undefined && { [ending]: true }),
  };
}
