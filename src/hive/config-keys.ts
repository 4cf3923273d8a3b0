/** The keys of a hive's configuration: the one table that loading, `--help` and `--print-config` read. */
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { socketCheck, source, thrumSock } from './bee-keys.js';
import { SAFE_TOOL_NAME, WORKER_TOOLS } from '../core/rights.js';
import {
  absolutePaths,
  bytes,
  type ConfigKey,
  count,
  facts,
  MIB,
  milliseconds,
  texts,
  toConfigKeys,
} from './key-facts.js';
import { explainModels, modelEntries } from './model-entry.js';

/** A tool that the configuration wants in our hello. */
const declaredTool = z.strictObject({
  name: z.string().regex(/\S/),
  description: z.string().default(''),
  inputSchema: z.record(z.string(), z.unknown()).default({ type: 'object', properties: {} }),
});

/** Whole seconds, or a duration as Go writes it. */
const KEEP_ALIVE = /^[-+]?(\d+|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)){1,8})$/;

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
    default: ['claude-sonnet-4-6', 'claude-haiku-4-5', 'claude-opus-4-7'],
    description: 'models to list besides those that live workers serve',
    allowed: 'a list of names, or of objects with a name and what is to be said of the model',
    explain: explainModels,
  }),
  defaultModel: z.string().regex(/\S/).optional().register(facts, {
    reading: 'string',
    emptyIsUnset: true,
    description: 'model that answers to names that mean nothing otherwise; without it they are not found',
    allowed: 'a name that is not empty',
  }),
  contextLength: z.int().min(1).register(facts, {
    reading: 'integer',
    default: 200_000,
    ollamaEnv: 'OLLAMA_CONTEXT_LENGTH',
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
  thrumSock,
  thrumSocks: z
    .array(z.strictObject({ socket: z.string().refine(isAbsolute), roster: z.string().refine(isAbsolute) }))
    .readonly()
    .register(facts, {
      reading: 'json',
      default: [],
      description: 'several humds, tried in this order at every dial: socket and roster (bees.json) of each',
      allowed: 'a list of objects with socket and roster, both absolute paths',
    }),
  socketCheck,
  rosterTtlMs: milliseconds(
    2_000,
    'how long the roster counts as fresh where watching its file shows no change',
  ),
  turnTimeoutMs: milliseconds(240_000, 'how long a turn may go without a sign of life from its worker'),
  readyTimeoutMs: milliseconds(5_000, 'how long a request waits for the link to humd'),
  headerHoldMs: milliseconds(10_000, 'how long a stream holds its headers back for the first event'),
  promptTimeoutMs: milliseconds(5_000, 'how long a prompt may go unheard before it counts as lost'),
  startTimeoutMs: milliseconds(
    60_000,
    'how long a worker that greets (claude-cli) may take to start its model process',
  ),
  gatherWindowMs: milliseconds(50, 'how long further tool calls are awaited after one'),
  toolResults: z.enum(['auto', 'route', 'replay']).register(facts, {
    reading: 'string',
    default: 'auto',
    description:
      "how a tool's result gets to the model: to the worker that waits, in a new prompt, or as works",
    allowed: 'auto, route or replay',
  }),
  declareTools: z.array(declaredTool).readonly().register(facts, {
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
  workerTools: z.enum(WORKER_TOOLS).optional().register(facts, {
    reading: 'string',
    description:
      "which tools a worker may use besides the client's: none, those of the mesh, or its own as well; unset is none",
    allowed: 'none, mesh or all',
  }),
  workerToolNames: z.array(z.string().regex(SAFE_TOOL_NAME)).readonly().register(facts, {
    reading: 'list',
    default: [],
    description: "further names of Claude Code's own tools, which are denied with those that are known",
    allowed: 'a list of names of letters, digits, dots, dashes and underscores',
  }),
  cwd: z.string().refine(isAbsolute).optional().register(facts, {
    reading: 'string',
    description: 'folder that workers work in; without one they choose',
    allowed: 'an absolute path',
  }),
  cwdRoots: absolutePaths().register(facts, {
    reading: 'list',
    default: [],
    description: 'folders below which clients may name another one with x-hum-cwd; without any they may not',
    allowed: 'a list of absolute paths',
  }),
  defaultSystem: z.string().register(facts, {
    reading: 'string',
    default: 'You are a helpful assistant. Answer in the language that you are addressed in.',
    description:
      "system text for Claude Code's workers where a client sends none; empty leaves them their own, for coding",
    allowed: 'a text',
  }),
  defuseText: z.boolean().register(facts, {
    reading: 'boolean',
    default: true,
    description: "whether a leading / and @path in texts are kept from Claude Code's own commands",
    allowed: 'true or false',
  }),
  toolTimeoutMs: milliseconds(30_000, 'how long a tool of another bee may take'),
  drainDelayMs: milliseconds(250, 'how long /readyz says no before new requests are refused', 0),
  drainMs: milliseconds(10_000, 'how long running turns may go on when the bridge stops'),
  clientStallMs: milliseconds(60_000, 'how long a client may read nothing of its answer'),
  maxConnections: count(4_096, 'how many connections clients may hold'),
  idleTimeoutMs: milliseconds(75_000, 'how long a connection may stay open without a request'),
  maxToneBytes: bytes(8 * MIB, 'longest tone that is taken from humd'),
  maxBodyBytes: bytes(32 * MIB, 'largest request body'),
  maxTotalBodyBytes: bytes(256 * MIB, 'how much of all request bodies together may be in memory'),
  bodyTimeoutMs: milliseconds(30_000, 'how long a request body may take to come'),
  maxBufferBytes: bytes(MIB, 'how much of an answer may wait for a slow client'),
  maxAnswerBytes: bytes(
    32 * MIB,
    'how much of one answer may be kept, where its end has to be waited for or its tools are called',
  ),
  maxTotalBufferBytes: bytes(
    64 * MIB,
    'how much of all answers together may be kept or wait for slow clients',
  ),
  maxImageBytes: bytes(20 * MIB, 'largest image in a request'),
  maxTurns: count(512, 'how many turns may run at once'),
  maxQueuedTurns: count(64, 'how many turns may wait for one of them to end', 0),
  queueTimeoutMs: milliseconds(5_000, 'how long a turn may wait to begin'),
  turnsPerWorker: z
    .record(z.string().regex(/\S/), z.int().min(1))
    .readonly()
    .register(facts, {
      reading: 'json',
      default: { 'claude-cli': 8, 'claude-repl': 8 },
      description: 'how many sessions the workers of a kind may hold; the next turns wait',
      allowed: 'an object of whole numbers from 1, by kind of worker',
    }),
  requestsPerMinute: count(
    0,
    'how many requests each API key (or address, without keys) may make in a minute; 0 is no limit',
    0,
  ),
  maxMessages: count(10_000, 'how many messages a request may have'),
  maxTools: count(512, 'how many tools a request may have'),
  maxImages: count(100, 'how many images a request may have'),
  imageUrls: z.enum(['pass', 'refuse']).register(facts, {
    reading: 'string',
    default: 'pass',
    description: 'whether the address of an image goes to the worker; the bridge itself never fetches one',
    allowed: 'pass or refuse',
  }),
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
    ollamaEnv: 'OLLAMA_ORIGINS',
    description: 'web origins that may use this server, besides local ones; * stands for any text',
    allowed: 'a list of origins such as https://chat.example.com',
  }),
  journalDays: z.int().min(0).max(36_500).register(facts, {
    reading: 'integer',
    default: 30,
    description: 'how many days the journal of turns is kept; 0 keeps none',
    allowed: 'a whole number of days from 0 to 36500',
  }),
  answerCacheTtlMs: milliseconds(
    0,
    'how long the answer to a request with temperature 0 and no tools is kept; 0 keeps none',
    0,
  ),
  keepAlive: z.string().regex(KEEP_ALIVE).register(facts, {
    reading: 'string',
    default: '5m',
    ollamaEnv: 'OLLAMA_KEEP_ALIVE',
    description: 'how long /api/ps shows a model after a request that says nothing of keep_alive',
    allowed: 'seconds, or a duration such as 5m or 24h; 0 is not at all, and a negative one for ever',
  }),
  reasoningField: z.enum(['both', 'reasoning_content', 'reasoning', 'none']).register(facts, {
    reading: 'string',
    default: 'both',
    description: "where OpenAI's chat shows reasoning",
    allowed: 'both, reasoning_content, reasoning or none',
  }),
  webSockets: z.boolean().register(facts, {
    reading: 'boolean',
    default: true,
    description: "whether OpenAI's responses can be asked for over a WebSocket too",
    allowed: 'true or false',
  }),
  maxBackground: count(64, "how many of OpenAI's responses may be made in the background at once"),
  maxKeptStreams: count(
    1_000,
    'of how many streamed responses the events are kept, for clients that lost their stream',
  ),
  maxKeptStreamBytes: bytes(32 * MIB, 'how much the events of these may take together'),
  keptStreamMs: milliseconds(600_000, 'how long they are kept after the end of a response'),
  version: z.string().refine(isOllamaVersion).register(facts, {
    reading: 'string',
    default: '0.32.15',
    description: 'Ollama version that /api/version tells',
    allowed: 'x.y.z, at least 0.14.0',
  }),
  instance: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .optional()
    .register(facts, {
      reading: 'string',
      emptyIsUnset: true,
      description: 'name of this replica, where several with one key file are linked to one humd',
      allowed: 'up to 64 letters, digits, dots, dashes and underscores',
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
  source,
});

/** A whole configuration of the hive `kind`. */
export interface HiveConfig extends Readonly<z.output<typeof configSchema>> {
  readonly kind: string;
}

/** The table's rows, in the order in which they are shown. */
export const CONFIG_KEYS: readonly ConfigKey[] = toConfigKeys(configSchema.shape);

function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[\w-]+(\.[\w-]+)*\.?$/.test(text);
}

/** Clients refuse features to an Ollama older than 0.14. */
function isOllamaVersion(text: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(text) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > 0 || Number(minor) >= 14;
}
