/** The keys of a hive's configuration: the one table that loading, `--help` and `--print-config` read. */
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { declaredTools } from './declared-tool.js';
import { modelEntries } from './model-entry.js';

/** How the text of an environment variable becomes a value; a list is separated by commas, `json` is read as it is. */
export type Reading = 'string' | 'integer' | 'boolean' | 'list' | 'json';

interface KeyFacts {
  readonly reading: Reading;
  /** What holds for every hive; a hive's `default.json` goes before it. */
  readonly default?: unknown;
  /** Never shown. */
  readonly isSecret?: boolean;
  /** An empty string in a file is no value (hum's own openai-server seeds `"apiKey": ""`). */
  readonly emptyIsUnset?: boolean;
  /** Variables that are read after the key's own, first one first. */
  readonly otherEnv?: readonly string[];
  readonly description: string;
  /** Completes "must be …". */
  readonly allowed: string;
}

/** One row of the table. */
export interface ConfigKey extends Required<Omit<KeyFacts, 'default'>> {
  readonly name: string;
  /** Undefined where the hive's `default.json` says it, or where there is none. */
  readonly default: unknown;
}

const MAX_TIMER_MS = 2 ** 31 - 1;
const MIB = 2 ** 20;
/** Well below the longest string that Node can hold. */
const MAX_BYTES = 256 * MIB;

const facts = z.registry<KeyFacts>();

/** Every key with its type; the rows stand in the order in which they are shown. */
export const configSchema = z.object({
  host: z.string().refine(isHost).register(facts, {
    reading: 'string',
    default: '127.0.0.1',
    description: 'address to listen on',
    allowed: 'a host name or IP address, without scheme, port or brackets',
  }),
  port: z.int().min(0).max(65_535).register(facts, {
    reading: 'integer',
    description: 'port to listen on; 0 takes a free one',
    allowed: 'a whole number from 0 to 65535',
  }),
  models: modelEntries.register(facts, {
    reading: 'list',
    default: ['claude-sonnet-4', 'claude-haiku-4.5', 'claude-opus-4.7'],
    description: 'models to list besides those that live workers serve',
    allowed: 'a list of names, or of objects with a name and what is to be said of the model',
  }),
  contextLength: z.int().min(1).register(facts, {
    reading: 'integer',
    default: 200_000,
    description: 'how many tokens a model can read, where its entry in models does not say it',
    allowed: 'a whole number of tokens, at least 1',
  }),
  apiKey: z
    .string()
    .regex(/[^\s,]/)
    .optional()
    .register(facts, {
      reading: 'string',
      isSecret: true,
      emptyIsUnset: true,
      description: 'keys that clients must show, separated by commas; none lets everybody in',
      allowed: 'a text with at least one key, several separated by commas',
    }),
  thrumSock: z
    .string()
    .refine(isAbsolute)
    .optional()
    .register(facts, {
      reading: 'string',
      otherEnv: ['HUM_THRUM_SOCK', 'HUM_SOCKET'],
      description: "humd's socket; without it, the usual places are tried at every dial",
      allowed: 'an absolute path',
    }),
  turnTimeoutMs: milliseconds(240_000, 'how long a turn may go without a sign of life from its worker'),
  readyTimeoutMs: milliseconds(5_000, 'how long a request waits for the link to humd'),
  headerHoldMs: milliseconds(10_000, 'how long a stream holds its headers back for the first event'),
  promptTimeoutMs: milliseconds(5_000, 'how long a prompt may go unheard before it counts as lost'),
  gatherWindowMs: milliseconds(50, 'how long further tool calls are awaited after one'),
  toolResults: z.enum(['auto', 'route', 'replay']).register(facts, {
    reading: 'string',
    default: 'auto',
    description:
      "how a tool's result gets to the model: to the worker that waits, in a new prompt, or as works",
    allowed: 'auto, route or replay',
  }),
  declareTools: declaredTools.register(facts, {
    reading: 'json',
    default: [],
    description:
      'tools to offer to every prompt on the mesh, so that humd routes their results; for one user only',
    allowed: 'a list of objects with name, description and inputSchema',
  }),
  showWorkerTools: z.boolean().register(facts, {
    reading: 'boolean',
    default: false,
    description: "whether tools that ran on the worker's side show as reasoning",
    allowed: 'true or false',
  }),
  maxParkedTurns: z.int().min(1).max(100_000).register(facts, {
    reading: 'integer',
    default: 256,
    description: 'how many workers may wait for tool results',
    allowed: 'a whole number from 1 to 100000',
  }),
  maxParkedBytes: bytes(16 * MIB, 'how much the calls of waiting workers may take'),
  toolTimeoutMs: milliseconds(30_000, 'how long a tool of another bee may take'),
  drainMs: milliseconds(10_000, 'how long running turns may go on when the bridge stops'),
  clientStallMs: milliseconds(60_000, 'how long a client may read nothing of its answer'),
  maxToneBytes: bytes(8 * MIB, 'longest tone that is taken from humd'),
  maxBodyBytes: bytes(32 * MIB, 'largest request body'),
  maxBufferBytes: bytes(MIB, 'how much of an answer may wait for a slow client'),
  maxImageBytes: bytes(20 * MIB, 'largest image in a request'),
  embedTool: z.string().regex(/\S/).register(facts, {
    reading: 'string',
    default: 'embed',
    description: "the mesh's tool that makes embeddings",
    allowed: 'a name that is not empty',
  }),
  hosts: texts().register(facts, {
    reading: 'list',
    default: [],
    description: 'names that requests may call this server by, besides its own and those of this machine',
    allowed: 'a list of host names without port',
  }),
  origins: texts().register(facts, {
    reading: 'list',
    default: [],
    description: 'web origins that may use this server, besides local ones; * stands for any text',
    allowed: 'a list of origins such as https://chat.example.com',
  }),
  journalDays: z.int().min(0).max(36_500).register(facts, {
    reading: 'integer',
    default: 30,
    description: 'how many days the journal of turns is kept; 0 keeps none',
    allowed: 'a whole number of days from 0 to 36500',
  }),
  reasoningField: z.enum(['both', 'reasoning_content', 'reasoning', 'none']).register(facts, {
    reading: 'string',
    default: 'both',
    description: "where OpenAI's chat shows reasoning",
    allowed: 'both, reasoning_content, reasoning or none',
  }),
  version: z.string().refine(isOllamaVersion).register(facts, {
    reading: 'string',
    default: '0.32.15',
    description: 'Ollama version that /api/version tells',
    allowed: 'x.y.z, at least 0.14.0',
  }),
  wire: z.string().regex(/^\S+$/).register(facts, {
    reading: 'string',
    description: 'wire that the hello names to hum',
    allowed: 'a text without spaces, such as ollama/api',
  }),
  provides: texts().register(facts, {
    reading: 'list',
    default: [],
    description: 'what the hello says that this bee provides',
    allowed: 'a list of names that are not empty',
  }),
  source: z.url({ protocol: /^https?$/ }).register(facts, {
    reading: 'string',
    default: 'https://github.com/thrum-bridge/thrum-bridge',
    description: 'address of the source code that hum shows',
    allowed: 'an http or https address',
  }),
});

/** A whole configuration of the hive `kind`. */
export interface HiveConfig extends Readonly<z.output<typeof configSchema>> {
  readonly kind: string;
}

/** The table's rows, in the order in which they are shown. */
export const CONFIG_KEYS: readonly ConfigKey[] = Object.entries(configSchema.shape).map(([name, schema]) => {
  const row = facts.get(schema);
  if (row === undefined) throw new Error(`the configuration key ${name} has no description`);
  return { isSecret: false, emptyIsUnset: false, otherEnv: [], ...row, name, default: row.default };
});

export const CONFIG_KEY_NAMES: readonly string[] = CONFIG_KEYS.map((key) => key.name);

function texts() {
  return z.array(z.string().regex(/\S/)).readonly();
}

function milliseconds(byDefault: number, description: string) {
  return z
    .int()
    .min(1)
    .max(MAX_TIMER_MS)
    .register(facts, {
      reading: 'integer',
      default: byDefault,
      description,
      allowed: `a whole number of milliseconds from 1 to ${MAX_TIMER_MS}`,
    });
}

function bytes(byDefault: number, description: string) {
  return z
    .int()
    .min(1)
    .max(MAX_BYTES)
    .register(facts, {
      reading: 'integer',
      default: byDefault,
      description,
      allowed: `a whole number of bytes from 1 to ${MAX_BYTES}`,
    });
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[\w-]+(\.[\w-]+)*\.?$/.test(text);
}

/** Clients refuse features to an Ollama older than 0.14. */
function isOllamaVersion(text: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(text) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > 0 || Number(minor) >= 14;
}
