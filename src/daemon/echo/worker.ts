/** A stand-in for a worker: answers a prompt with its own text, or plays the script in it. No model is asked. */
import { answerWithEcho, toMessageToAnswer } from './answer.js';
import { playScript } from './play-script.js';
import { parseScript } from './script.js';
import { TurnBudget } from '../worker/turn-budget.js';
import { startWorkerBee, type WorkerBee, type WorkerBeeOptions } from '../worker/worker-bee.js';

/** What a worker bee takes, without the handler; the hive is `echo` unless another is given. */
export type EchoWorkerOptions = Omit<WorkerBeeOptions, 'onPrompt' | 'hive' | 'models'> &
  Partial<Pick<WorkerBeeOptions, 'hive' | 'models'>>;

const HIVE = 'echo';
const ECHO_MODEL = 'echo';

/** Serves the model `echo` and all of `models`. Resolves when it stands in bees.json. */
export function startEchoWorker({ models = [], ...options }: EchoWorkerOptions): Promise<WorkerBee> {
  const budget = new TurnBudget();
  return startWorkerBee({
    hive: HIVE,
    ...options,
    models: [...new Set([ECHO_MODEL, ...models])],
    async onPrompt(turn) {
      const prompt = String(turn.prompt['content'] ?? turn.prompt['text'] ?? '');
      const message = toMessageToAnswer(prompt);
      const script = parseScript(message);
      if (script === undefined) await answerWithEcho({ prompt, message }, turn, budget);
      else await playScript(script, turn);
    },
  });
}
