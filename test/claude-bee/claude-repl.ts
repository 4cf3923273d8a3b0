/** A test bee like hum's `claude-repl`, a stub: it lists the models of `claude-cli`, greets each prompt and never answers. */
import { createWorkerHid } from '../../src/daemon/worker/worker-bee.js';
import { dialAsBee } from '../../src/daemon/worker/socket.js';
import { CLAUDE_MODELS } from './claude-bee.js';
import { toSessionId } from './disk.js';

export interface ClaudeRepl {
  close(): Promise<void>;
}

const HIVE = 'claude-repl';

/** Resolves when the worker stands in bees.json. */
export async function startClaudeRepl(
  socketPath: string,
  models: readonly string[] = CLAUDE_MODELS,
): Promise<ClaudeRepl> {
  const hid = createWorkerHid();
  const hello = {
    chi: 'hello',
    bee: ['worker'],
    hid,
    from: hid,
    hive: HIVE,
    version: '0.31.18',
    protoVersion: '0.7.0',
    models,
    propensity: { statefulness: 'stateful_session', wire: HIVE },
    chis: ['hello', 'prompt', 'cancel', 'tool-result', 'chunk', 'finish', 'error', 'tool-call'],
    source: '',
  };
  const link = await dialAsBee(socketPath, hello, (tone, { send }) => {
    const { chi, sid, modelId: model }: Readonly<Record<string, unknown>> = tone;
    if (chi !== 'prompt' || typeof sid !== 'string') return;
    send({ chi: 'session-ready', sid, nestId: toSessionId(sid), model, tools: [] });
  });
  return {
    async close() {
      link.end();
      await link.closed;
    },
  };
}
