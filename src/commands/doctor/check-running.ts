/** Looks at the bridge that runs on the hive's port: who answers there, and is it what a start would take now? */
import type { HiveConfig } from '../../hive/config-keys.js';
import type { ConfigFlag } from '../../hive/load-table.js';
import { toPrintableLine } from '../../core/printable.js';
import { readText } from '../../core/read-text.js';
import { remedyFor } from '../../observe/remedy.js';
import type { DoctorInvocation } from '../../run/command-line/invocation.js';
import { type BridgeTarget, findTarget } from '../bridge-target.js';
import type { CommandContext } from '../context.js';
import { pickModel } from '../../core/model.js';
import { askStatus, type StatusAnswer } from '../status/ask-status.js';
import { MAX_TOKENS, PROMPT, TURN_TIMEOUT_MS } from './check-turn.js';
import { type Finding, toFinding, type Verdict } from './finding.js';

const TITLE = 'running bridge';
const MAX_SHOWN_MESSAGE = 300;
const MAX_ANSWER_BYTES = 2 ** 20;

/** The bridge that holds the port. */
export interface RunningBridge {
  readonly target: BridgeTarget;
  readonly answer: StatusAnswer;
}

/** Who would answer where the bridge is started now. */
export type ExpectedNest =
  | { readonly type: 'hum' /** Where it may link to. */; readonly sockets: readonly string[] }
  | { readonly type: 'embedded' /** Null: the echo. */; readonly upstream: string | null };

/** Never rejects. Its port is the configured one. */
export async function findRunning(
  { kind }: HiveConfig,
  flags: readonly ConfigFlag[],
  { env }: CommandContext,
): Promise<RunningBridge> {
  const target = await findTarget({ hive: kind, keyFor: 'operator', flags }, env);
  return { target, answer: await askStatus(target, new AbortController().signal) };
}

/** @param expected undefined where it is not known */
export function checkRunning(
  { target, answer }: RunningBridge,
  expected: ExpectedNest | undefined,
  version: string,
): readonly Finding[] {
  const restart = `restart it (stop it and run thrum-bridge ${target.hive}; an installed one: thrum-bridge install ${target.hive})`;
  if (answer.type === 'failed')
    return [
      toFinding(TITLE, {
        status: 'warn',
        detail: `what it does is not known: ${answer.message}`,
        remedy: `give doctor the configuration that it runs with, or ${restart}`,
      }),
    ];
  const { status } = answer;
  if (status.kind !== target.hive)
    return [
      toFinding(TITLE, {
        status: 'fail',
        detail: `the port is that of ${toPrintableLine(status.kind)}, another hive`,
        remedy: 'give each hive a port of its own',
      }),
    ];
  const others: Verdict[] =
    status.version === version
      ? []
      : [
          {
            status: 'warn',
            detail: `it is version ${toPrintableLine(status.version)}, and this is ${version}`,
            remedy: restart,
          },
        ];
  return [judgeNest(status.nest, expected, restart), ...others].map((verdict) => toFinding(TITLE, verdict));
}

type ShownNest = Extract<StatusAnswer, { type: 'status' }>['status']['nest'];

function judgeNest(nest: ShownNest, expected: ExpectedNest | undefined, restart: string): Verdict {
  if (nest === undefined)
    return { status: 'warn', detail: 'it is older and does not say who answers', remedy: restart };
  const who = toPrintableLine(nest.text);
  if (!nest.ready)
    return {
      status: 'fail',
      detail: `it cannot answer: ${who}`,
      remedy:
        nest.type === 'hum'
          ? 'start humd and a worker (hum bee --list shows which there are); the bridge links to it by itself'
          : 'start the server that is to answer; the bridge asks it again by itself',
    };
  if (expected !== undefined && !isExpected(nest, expected))
    return {
      status: 'fail',
      detail: `its nest is ${who}, and a start would take ${describe(expected)} now`,
      remedy: `${restart}, or give doctor the options that it was started with`,
    };
  if (nest.answers === 'echo')
    return {
      status: 'warn',
      detail: `nest: ${who}`,
      remedy: 'start humd, or set --upstream to an OpenAI-compatible server',
    };
  return { status: 'ok', detail: `nest: ${who}` };
}

function isExpected(nest: NonNullable<ShownNest>, expected: ExpectedNest): boolean {
  switch (expected.type) {
    case 'hum':
      return nest.type === 'hum' && nest.socket !== null && expected.sockets.includes(nest.socket);
    case 'embedded':
      return nest.type === 'embedded' && nest.upstream === expected.upstream;
    default:
      return expected satisfies never;
  }
}

function describe(expected: ExpectedNest): string {
  if (expected.type === 'hum') return `humd at ${expected.sockets.join(', ')}`;
  return expected.upstream === null ? 'the echo within the process' : expected.upstream;
}

/** Asks the running bridge for an answer, as a client does. */
export async function checkRunningTurn(
  { target, answer }: RunningBridge,
  { turn, model: asked }: DoctorInvocation,
  { onInterrupt }: CommandContext,
): Promise<Verdict> {
  if (!turn) return { status: 'skipped', detail: '--no-turn was given' };
  if (answer.type === 'failed')
    return { status: 'skipped', detail: 'the running bridge does not let doctor in' };
  const { nest, models } = answer.status;
  const model = asked ?? pickModel(models.filter(({ listed }) => listed));
  if (model === undefined) return { status: 'skipped', detail: 'no worker serves any model' };
  const timeout = AbortSignal.timeout(TURN_TIMEOUT_MS);
  const interrupt = new AbortController();
  const stopListening = onInterrupt(() => interrupt.abort());
  const startedAt = performance.now();
  try {
    const response = await fetch(new URL('v1/chat/completions', target.base), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        connection: 'close',
        ...(target.key === undefined ? {} : { authorization: `Bearer ${target.key}` }),
      },
      body: JSON.stringify({ model, max_tokens: MAX_TOKENS, messages: [{ role: 'user', content: PROMPT }] }),
      redirect: 'manual',
      signal: AbortSignal.any([timeout, interrupt.signal]),
    });
    const text = await readText(response, MAX_ANSWER_BYTES);
    const ms = Math.round(performance.now() - startedAt);
    const who = nest?.answers === 'echo' ? `the echo answered for ${model}` : `${model} answered`;
    if (response.ok) return { status: 'ok', detail: `${who} through the running bridge after ${ms} ms` };
    const why = toPrintableLine(text).slice(0, MAX_SHOWN_MESSAGE);
    return {
      status: 'fail',
      detail: `${model} failed through the running bridge (${response.status}): ${why}`,
      remedy: `thrum-bridge status --hive ${target.hive} shows its last faults, and what can be done about each`,
    };
  } catch (error) {
    if (interrupt.signal.aborted) return { status: 'skipped', detail: 'interrupted, and the turn cancelled' };
    if (timeout.aborted)
      return {
        status: 'fail',
        detail: `${model} did not answer within ${TURN_TIMEOUT_MS / 1_000} s`,
        remedy: remedyFor('timeout'),
      };
    const why = error instanceof Error ? error.message : String(error);
    return {
      status: 'fail',
      detail: `the running bridge broke off: ${why}`,
      remedy: 'look into its log',
    };
  } finally {
    stopListening();
  }
}
