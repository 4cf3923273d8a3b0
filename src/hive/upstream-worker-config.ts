/** What the hive `upstream-worker` is configured to do: its keys, and how they are read. */
import { z } from 'zod';
import { socketCheck, source, thrumSock } from './bee-keys.js';
import { UPSTREAM_WORKER } from './hives.js';
import { bytes, type ConfigKey, count, facts, MIB, milliseconds, texts, toConfigKeys } from './key-facts.js';
import {
  type ConfigEntry,
  type ConfigFile,
  type ConfigQuestion,
  type ConfigSource,
  loadTable,
} from './load-table.js';

/** The names of hum's own openai-server for the same. */
export const BASE_VARIABLE = 'OPENAI_API_BASE';
export const MODELS_VARIABLE = 'OPENAI_WORKER_MODELS';
const KEY_VARIABLE = 'OPENAI_API_KEY';
/** As in the hive's `default.json`. */
const OPENAI_BASE = 'https://api.openai.com/v1';

const workerSchema = z.object({
  base: z
    .string()
    .refine(isBase)
    .transform(toBase)
    .register(facts, {
      reading: 'string',
      otherEnv: [BASE_VARIABLE],
      description: "where the upstream's routes begin",
      allowed: 'an http or https address such as http://127.0.0.1:8000/v1, without user, query and fragment',
    }),
  models: texts().register(facts, {
    reading: 'list',
    default: [],
    otherEnv: [MODELS_VARIABLE],
    description: 'models to offer; without any, those that the upstream lists',
    allowed: 'a list of names that are not empty',
  }),
  apiKey: z
    .string()
    .regex(/\S/)
    .optional()
    .register(facts, {
      reading: 'string',
      isSecret: true,
      emptyIsUnset: true,
      otherEnv: [KEY_VARIABLE],
      description: 'key for the upstream, or @/path of a file that holds it',
      allowed: 'a text that is not empty',
    }),
  offerEmbed: z.boolean().register(facts, {
    reading: 'boolean',
    default: false,
    description: 'whether to list the tool embed, which every prompt on the mesh is offered then',
    allowed: 'true or false',
  }),
  thinkTags: z.enum(['auto', 'on', 'off', 'open']).register(facts, {
    reading: 'string',
    default: 'auto',
    description:
      'whether <think> at the beginning of an answer is taken for its thoughts; auto: where the upstream has no field for them; open: the same, and answers begin within them',
    allowed: 'auto, on, off or open',
  }),
  maxCells: count(1_024, 'how many prompts may be worked on at once'),
  silenceMs: milliseconds(240_000, 'how long the upstream may say nothing before a turn is given up'),
  refreshMs: milliseconds(60_000, 'how long a list of models counts as fresh'),
  thrumSock,
  socketCheck,
  maxToneBytes: bytes(
    128 * MIB,
    'longest tone that is taken from humd; a prompt is up to three times as long as the body of its request',
  ),
  source,
});

export interface UpstreamWorkerConfig extends Readonly<z.output<typeof workerSchema>> {
  readonly kind: typeof UPSTREAM_WORKER;
}

/** The table's rows, in the order in which they are shown. */
export const WORKER_KEYS: readonly ConfigKey[] = toConfigKeys(workerSchema.shape);

export interface LoadedUpstreamWorkerConfig {
  readonly config: UpstreamWorkerConfig;
  readonly entries: readonly ConfigEntry[];
  readonly warnings: readonly string[];
  /** The file that was read; undefined where there is none. */
  readonly file: ConfigFile | undefined;
}

/**
 * Throws `ConfigError` as `loadConfig` does. A key counts only for the server that it was written for: one that everybody's
 * shell may have is for OpenAI or for the server that the same shell names, one in the file for the file's server. Any other
 * pair takes the variable of this hive's own.
 */
export function loadUpstreamWorkerConfig(question: Omit<ConfigQuestion, 'kind'>): LoadedUpstreamWorkerConfig {
  const loaded = load(question);
  const base = sourceOf('base', loaded);
  const key = sourceOf('apiKey', loaded);
  if (loaded.config.base === OPENAI_BASE || base.type === 'default') return loaded;
  if (key.type === 'env' && key.name === KEY_VARIABLE && base.type === 'file') {
    const { [KEY_VARIABLE]: _, ...env } = question.env;
    return withWarning(load({ ...question, env }), key.name);
  }
  if (key.type === 'file' && base.type !== 'file') {
    const { apiKey: _, ...config } = loaded.config;
    const entries = loaded.entries.map((entry) =>
      entry.key === 'apiKey' ? ({ ...entry, value: undefined, source: { type: 'default' } } as const) : entry,
    );
    return withWarning({ ...loaded, config, entries }, key.path);
  }
  return loaded;
}

function load(question: Omit<ConfigQuestion, 'kind'>): LoadedUpstreamWorkerConfig {
  const table = { keys: WORKER_KEYS, schema: workerSchema };
  const { values, ...rest } = loadTable(table, { ...question, kind: UPSTREAM_WORKER });
  return { ...rest, config: { ...values, kind: UPSTREAM_WORKER } };
}

function sourceOf(name: string, { entries }: LoadedUpstreamWorkerConfig): ConfigSource {
  return entries.find(({ key }) => key === name)?.source ?? { type: 'default' };
}

function withWarning(loaded: LoadedUpstreamWorkerConfig, place: string): LoadedUpstreamWorkerConfig {
  const warning = `the API key of ${place} is not used, as base names another server: UPSTREAM_WORKER_API_KEY is for any`;
  return { ...loaded, warnings: [...loaded.warnings, warning] };
}

/** Without what people copy from a request. */
function toBase(text: string): string {
  return text
    .replace(/\/+$/, '')
    .replace(/\/(?:chat\/completions|completions|embeddings|models|responses)$/, '');
}

function isBase(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && search === '' && hash === '';
}
