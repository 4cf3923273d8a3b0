/** All checks of one hive, in the order in which a start would meet what is wrong. */
import { ConfigError } from '../../hive/config-error.js';
import type { LoadedConfig } from '../../hive/config.js';
import { isUpstreamWorker } from '../../hive/hives.js';
import { keyPath } from '../../hive/paths.js';
import { readRoster } from '../../hive/roster.js';
import type { DoctorInvocation } from '../../run/command-line/invocation.js';
import { toBaseFlags } from '../../run/wanted-upstream.js';
import type { CommandContext } from '../context.js';
import { checkAccess } from './check-access.js';
import { checkConfig, checkUpstreamWorkerConfig } from './check-config.js';
import { checkKeyFile } from './check-key-file.js';
import { checkMesh } from './check-mesh.js';
import { checkPort } from './check-port.js';
import { checkRights } from './check-rights.js';
import { checkRunning, checkRunningTurn, findRunning } from './check-running.js';
import { checkTurn } from './check-turn.js';
import { checkUpstream } from './check-upstream.js';
import { examineEmbedded, type ServingQuestion } from './examine-embedded.js';
import { type Finding, toFinding } from './finding.js';
import { findPlaces } from './places.js';
import { hasSpoken, reach, type Reached } from './reach.js';

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
