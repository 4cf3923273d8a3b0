/** All checks of one hive, in the order in which a start would meet what is wrong. */
import { pino } from 'pino';
import { ConfigError } from '../../hive/config-error.js';
import type { HiveConfig } from '../../hive/config-keys.js';
import type { LoadedConfig } from '../../hive/config.js';
import { isUpstreamWorker } from '../../hive/hives.js';
import { keyPath } from '../../hive/paths.js';
import { readRoster } from '../../hive/roster.js';
import { chooseNest, type ChosenNest } from '../../run/choose-nest.js';
import type { DoctorInvocation } from '../../run/command-line/invocation.js';
import { readWantedUpstream, toBaseFlags } from '../../run/wanted-upstream.js';
import type { SocketCheck } from '../../thrum/link/humd-socket.js';
import type { CommandContext } from '../context.js';
import { checkAccess } from './check-access.js';
import { checkConfig, checkUpstreamWorkerConfig } from './check-config.js';
import { greet, type Greeter, type Greeting, judgeGreeting } from './check-humd.js';
import { checkKeyFile } from './check-key-file.js';
import { checkMesh } from './check-mesh.js';
import { checkPort } from './check-port.js';
import { checkRights } from './check-rights.js';
import { checkRunning, checkRunningTurn, findRunning, type RunningBridge } from './check-running.js';
import { checkSocket } from './check-socket.js';
import { checkTurn } from './check-turn.js';
import { checkUpstream } from './check-upstream.js';
import { type Finding, toFinding } from './finding.js';
import { findPlaces, type Place } from './places.js';

/** What is asked of a hive that answers HTTP. */
interface ServingQuestion {
  readonly invocation: DoctorInvocation;
  readonly context: CommandContext;
  /** The bridge that has its port; undefined where there is none. */
  readonly running: RunningBridge | undefined;
}

/** Each finding as soon as it is known. Only the last check asks anything of a model. */
export async function* examine(
  kind: string,
  invocation: DoctorInvocation,
  context: CommandContext,
): AsyncGenerator<Finding, void, undefined> {
  if (isUpstreamWorker(kind)) {
    yield* examineUpstreamWorker(kind, invocation, context);
    return;
  }
  const { env } = context;
  const { findings, loaded } = await checkConfig(kind, env, invocation.flags);
  yield* findings;
  yield toFinding('key file', checkKeyFile(keyPath(env, kind), 'fbee'));
  if (loaded === undefined) {
    yield toFinding('the rest', { status: 'skipped', detail: 'it depends on the configuration' });
    return;
  }
  const { config } = loaded;
  yield toFinding('access', checkAccess(config, invocation.insecure));
  yield* checkRights(config);
  const port = await checkPort(config);
  yield toFinding('port', port.verdict);
  const running = port.isRunning ? await findRunning(config, invocation.flags, context) : undefined;
  const { nest, upstream } = invocation;
  if (nest === 'hum' && upstream !== undefined)
    throw new ConfigError('--upstream is for the daemon within this process: leave --nest hum out');
  const question = { invocation, context, running };
  if (nest === 'embedded') yield* examineEmbedded(config, 'as asked', question);
  else if (upstream !== undefined) yield* examineEmbedded(config, 'for --upstream', question);
  else yield* examineHum(loaded, question);
}

/** Of the hive that is an upstream worker. */
async function* examineUpstreamWorker(
  kind: string,
  { upstream, flags }: DoctorInvocation,
  { env, version }: CommandContext,
): AsyncGenerator<Finding, void, undefined> {
  const { findings, loaded } = await checkUpstreamWorkerConfig(kind, env, [
    ...toBaseFlags(upstream),
    ...flags,
  ]);
  yield* findings;
  yield toFinding('key file', checkKeyFile(keyPath(env, kind), 'wbee'));
  if (loaded === undefined) {
    yield toFinding('the rest', { status: 'skipped', detail: 'it depends on the configuration' });
    return;
  }
  yield toFinding('upstream', await checkUpstream(loaded.config));
  for (const place of findPlaces(loaded, env).places)
    yield* (await reach(place, loaded.config, version)).findings;
}

async function* examineHum(
  loaded: LoadedConfig,
  question: ServingQuestion,
): AsyncGenerator<Finding, void, undefined> {
  const { invocation, context, running } = question;
  const { config } = loaded;
  const { places, areNamed } = findPlaces(loaded, context.env);
  const reached: Reached[] = [];
  for (const place of places) reached.push(await reach(place, config, context.version));
  const live = reached.find(({ greeting }) => greeting?.kind === 'up');
  // `auto` takes the daemon within the process where no humd answers, and no socket was named.
  const isEmbedded = invocation.nest === 'auto' && !areNamed && !reached.some(hasSpoken);
  for (const [index, { findings }] of reached.entries()) {
    const number = reached.length > 1 ? ` ${index + 1}` : '';
    for (const finding of findings) {
      // It is what the others, or the daemon within, are there for.
      const isMild = finding.status === 'fail' && (live !== undefined || isEmbedded);
      yield { ...finding, title: `${finding.title}${number}`, status: isMild ? 'warn' : finding.status };
    }
  }
  if (isEmbedded) {
    yield* examineEmbedded(config, 'no humd answers', question);
    return;
  }
  const sockets = places.map(({ socket }) => socket);
  const expected = live === undefined ? undefined : ({ type: 'hum', sockets } as const);
  if (running !== undefined) yield* checkRunning(running, expected, context.version);
  if (live === undefined) {
    for (const title of ['mesh', 'turn'])
      yield toFinding(title, { status: 'skipped', detail: 'there is no link to a humd' });
    return;
  }
  const { socket, roster } = live.place;
  for (const verdict of checkMesh(config, readRoster(roster), roster)) yield toFinding('mesh', verdict);
  const place = { socketPath: () => socket, rosterPath: roster };
  yield toFinding(
    'turn',
    running === undefined
      ? await checkTurn({ config, place, isEcho: false }, invocation, context)
      : await checkRunningTurn(running, invocation, context),
  );
}

/** What was found at one place. */
interface Reached {
  readonly place: Place;
  readonly findings: readonly Finding[];
  /** Undefined if it was not dialled. */
  readonly greeting: Greeting | undefined;
}

/** Goes to a place where a humd may be, as the bridge does. */
async function reach(
  place: Place,
  hive: Greeter & { readonly socketCheck: SocketCheck },
  version: string,
): Promise<Reached> {
  const { verdicts, isDialled } = checkSocket(place, hive.socketCheck);
  const sockets = verdicts.map((verdict) => toFinding('socket', verdict));
  if (!isDialled) {
    const skipped = toFinding('humd', { status: 'skipped', detail: 'its socket is not dialled' });
    return { place, findings: [...sockets, skipped], greeting: undefined };
  }
  const greeting = await greet(place.socket, hive, version);
  const findings = [...sockets, toFinding('humd', judgeGreeting(greeting, place.socket))];
  return { place, findings, greeting };
}

/** True if a humd answered in a way that `chooseNest` takes for one. */
function hasSpoken({ greeting }: Reached): boolean {
  return greeting?.kind === 'up' || greeting?.kind === 'refused';
}

/**
 * Of a hive that the daemon within the process serves: with an upstream, or with nothing but an echo.
 * @param why the daemon within the process is meant
 */
async function* examineEmbedded(
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
