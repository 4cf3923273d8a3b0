/** The command `models`: lists the models that can be asked for, and who serves them now. No bridge has to run for it. */
import { toPrintableJson } from '../../core/printable.js';
import { HUM_MODELS, listModels } from '../../hive/catalogue.js';
import { loadConfig } from '../../hive/config.js';
import { toModelStatus } from '../../hive/model-status.js';
import { readRoster } from '../../hive/roster.js';
import type { ModelStatus } from '../../observe/status.js';
import { toNestView } from '../../run/choose-nest.js';
import type { ModelsInvocation } from '../../run/command-line/invocation.js';
import type { NestPlace } from '../../run/create-nest.js';
import { readBreath } from '../../thrum/link/probe.js';
import type { CommandContext } from '../context.js';
import { columnsOf, createPaint, showLine } from '../terminal-text.js';
import { type FoundModels, notesOn, toModelTable } from './show-models.js';

/** How long a humd has to say its first word. */
const PROBE_TIMEOUT_MS = 1_000;

/** The table goes to standard output, what there is to say about it to standard error. Resolves with the exit code. */
export async function runModels({ hive, json }: ModelsInvocation, context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  const found = await findModels(hive, env);
  if (json) {
    stdout.write(`${toPrintableJson(JSON.stringify(found, undefined, 2))}\n`);
    return 0;
  }
  const paint = createPaint(stdout, env);
  for (const row of toModelTable(found.models)) stdout.write(`${showLine(row, columnsOf(stdout), paint)}\n`);
  for (const note of notesOn(found)) stderr.write(`${note}\n`);
  return 0;
}

/** Of several humds, asks the first one that answers, as the bridge does. Rejects with a `ConfigError`. */
async function findModels(
  hive: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<FoundModels> {
  const { config } = loadConfig({ kind: hive, env });
  const places = toNestView({ type: 'hum' }, env).placesFor(config);
  const live = await findLive(places);
  const { socketPath, rosterPath } = live ?? firstOf(places);
  const roster = readRoster(rosterPath);
  const { contextLength, embedTool } = config;
  const models = listModels({
    configured: config.models,
    contextLength,
    embedTool,
    roster,
    known: HUM_MODELS,
  });
  return {
    hive,
    roster: rosterPath,
    rosterIsThere: roster !== undefined,
    socket: socketPath(),
    humdAnswers: live !== undefined,
    models: [
      ...toModelStatus(models, config.models, roster),
      ...(live === undefined && roster === undefined ? [EMBEDDED_ECHO] : []),
    ],
  };
}

/** What a bridge has besides the configured ones where there is no humd (`--nest auto`, `--nest embedded`). */
const EMBEDDED_ECHO: ModelStatus = {
  id: 'echo',
  target: 'echo',
  listed: true,
  source: 'mesh',
  workers: [{ name: 'echo, in the bridge', statefulness: 'stateless_per_call' }],
  service: 'live',
};

async function findLive(places: readonly NestPlace[]): Promise<NestPlace | undefined> {
  for (const place of places)
    if ((await readBreath(place.socketPath(), PROBE_TIMEOUT_MS)) !== undefined) return place;
  return undefined;
}

function firstOf(places: readonly NestPlace[]): NestPlace {
  const place = places.find(({ rosterPath }) => readRoster(rosterPath) !== undefined) ?? places[0];
  if (place === undefined) throw new Error('a hive has nowhere to look for humd');
  return place;
}
