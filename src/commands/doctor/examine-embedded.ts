/** The checks of a hive that the daemon within the process serves: with an upstream, or with nothing but an echo. */
import { pino } from 'pino';
import { ConfigError } from '../../hive/config-error.js';
import type { HiveConfig } from '../../hive/config-keys.js';
import { chooseNest, type ChosenNest } from '../../run/choose-nest.js';
import type { DoctorInvocation } from '../../run/command-line/invocation.js';
import { readWantedUpstream } from '../../run/wanted-upstream.js';
import type { CommandContext } from '../context.js';
import { checkRunning, checkRunningTurn, type RunningBridge } from './check-running.js';
import { checkTurn } from './check-turn.js';
import { checkUpstream } from './check-upstream.js';
import { type Finding, toFinding } from './finding.js';

/** What is asked of a hive that answers HTTP. */
export interface ServingQuestion {
  readonly invocation: DoctorInvocation;
  readonly context: CommandContext;
  /** The bridge that has its port; undefined where there is none. */
  readonly running: RunningBridge | undefined;
}

/** @param why the daemon within the process is meant */
export async function* examineEmbedded(
  config: HiveConfig,
  why: string,
  { invocation, context, running }: ServingQuestion,
): AsyncGenerator<Finding, void, undefined> {
  const { env, version } = context;
  let nest: ChosenNest;
  let upstream: ReturnType<typeof readWantedUpstream>;
  try {
    upstream = readWantedUpstream(invocation.upstream, env);
    if (upstream !== undefined) yield toFinding('upstream', await checkUpstream(upstream));
    const log = pino({ level: 'silent' });
    nest = await chooseNest('embedded', [config], env, { flag: invocation.upstream, version, log });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const remedy = 'set --upstream, OPENAI_API_BASE or OPENAI_WORKER_MODELS as it is meant';
    yield toFinding('nest', { status: 'fail', detail: error.message, remedy });
    return;
  }
  try {
    yield toFinding(
      'nest',
      upstream === undefined
        ? {
            status: 'warn',
            detail: `embedded (${why}): nothing but an echo answers`,
            remedy: 'start humd and run with --nest hum, or set --upstream to an OpenAI-compatible server',
          }
        : { status: 'ok', detail: `embedded (${why}): ${upstream.base} answers` },
    );
    const [place] = nest.placesFor(config);
    if (place === undefined) throw new Error('the embedded nest has no place');
    const isEcho = upstream === undefined;
    if (running !== undefined)
      yield* checkRunning(running, { type: 'embedded', upstream: upstream?.base ?? null }, version);
    yield toFinding(
      'turn',
      running === undefined
        ? await checkTurn({ config, place, isEcho }, invocation, context)
        : await checkRunningTurn(running, invocation, context),
    );
  } finally {
    await nest.close();
  }
}
