/** The hello of an upstream worker, sent after every dial and when its models have changed. */
import type { WorkerTool } from '../daemon/worker/worker-bee.js';
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

export function toWorkerHello(
  { hive, hid, version, source }: WorkerIntroduction,
  { models, tools }: { readonly models: readonly string[]; readonly tools: readonly WorkerTool[] },
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
    models,
    ...(tools.length > 0 ? { tools } : {}),
    source,
  };
}
