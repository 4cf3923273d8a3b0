/** The hello of an upstream worker, sent after every dial and when its models have changed. */
import type { WorkerTool } from '../daemon/worker/worker-bee.js';
import type { ListedModel } from './model-facts.js';
import { PROTOCOL_VERSION } from '../thrum/link/protocol.js';

/** Who this worker is; the same over all reconnects. */
export interface WorkerIntroduction {
  /** The hive's kind. */
  readonly hive: string;
  /** `wbee_` and 64 hex digits. */
  readonly hid: string;
  /** Our own version. */
  readonly version: string;
  /** Repository URL. */
  readonly source: string;
}

const CHIS = [
  ...['hello', 'prompt', 'cancel', 'cleanup', 'tool-call', 'tool-result'],
  ...['session-ready', 'chunk', 'finish', 'error'],
];
/** Nothing is kept between two prompts: each brings its conversation along. */
const STATEFULNESS = 'stateless_per_call';
/** What a prompt may carry (src/thrum/README.md, "Messages"). */
const ACCEPTS = ['messages', 'request', 'images', 'pdf', 'sampling', 'thinking', 'maxTokens', 'stop'].map(
  (what) => `accepts:${what}`,
);
/** More would make the list too long that humd writes down at every hello. */
const MAX_CARDS = 2_000;

export interface WorkerOffer {
  readonly models: readonly ListedModel[];
  readonly tools: readonly WorkerTool[];
  /** Why its server cannot be asked now; undefined while it can. */
  readonly problem: string | undefined;
}

export function toWorkerHello(
  { hive, hid, version, source }: WorkerIntroduction,
  { models, tools, problem }: WorkerOffer,
  rid: string,
): Readonly<Record<string, unknown>> {
  return {
    chi: 'hello',
    rid,
    from: hive,
    hid,
    // humd passes calls of tools to foragers only.
    bee: tools.length > 0 ? ['worker', 'forager'] : ['worker'],
    hive,
    version,
    protoVersion: PROTOCOL_VERSION,
    propensity: { statefulness: STATEFULNESS, richness: 'rich', wire: 'openai/chat-completions' },
    chis: CHIS,
    models: models.map(({ id }) => id),
    provides: [
      ...ACCEPTS,
      ...models.slice(0, MAX_CARDS).flatMap(toCard),
      ...(problem === undefined ? [] : [`problem:${problem}`]),
    ],
    ...(tools.length > 0 ? { tools } : {}),
    source,
  };
}

/** What is known of a model, in the one list of a hello that humd passes on as it is. */
function toCard({ id, ...facts }: ListedModel): readonly string[] {
  return Object.keys(facts).length === 0 ? [] : [`card:${JSON.stringify({ model: id, ...facts })}`];
}
