/** A worker whose every tone a test sends itself. */
import { onTestFinished } from 'vitest';
import type { Statefulness } from '../../src/daemon/worker/worker-bee.js';
import { startWorkerBee } from '../../src/daemon/worker/worker-bee.js';
import type { WorkerTurn } from '../../src/daemon/worker/turn.js';
import { eventually } from '../eventually.js';
import type { World } from './world.js';

export interface ScriptedTurn extends Pick<WorkerTurn, 'sid' | 'prompt' | 'signal'> {
  /** Sends any tone of this turn. */
  send(tone: Readonly<Record<string, unknown>> & { readonly chi: string }): void;
  text(delta: string): void;
  call(callId: string, name?: string): void;
  finish(fields?: Readonly<Record<string, unknown>>): void;
  /** Resolves with the output of a call's result. */
  result(callId: string): Promise<unknown>;
}

export interface ScriptedWorker {
  /** The turns in the order in which they came. */
  readonly turns: readonly ScriptedTurn[];
  /** The turn with this number, from 0, once it has come. */
  turn(index: number): Promise<ScriptedTurn>;
}

/** Starts a worker that serves the model `scripted` in a world, and says nothing by itself. It ends with the test. */
export async function startScriptedWorker(
  world: World,
  statefulness: Statefulness = 'stateless_per_call',
  provides?: readonly string[],
): Promise<ScriptedWorker> {
  const turns: ScriptedTurn[] = [];
  const worker = await startWorkerBee({
    socketPath: world.daemon().socketPath,
    hive: 'scripted',
    models: ['scripted'],
    statefulness,
    ...(provides === undefined ? {} : { provides }),
    onPrompt: (turn) =>
      new Promise<void>((resolve) => {
        turn.signal.addEventListener('abort', () => resolve());
        turns.push({
          sid: turn.sid,
          prompt: turn.prompt,
          signal: turn.signal,
          send: (tone) => turn.send(tone),
          text: (delta) => turn.send({ chi: 'chunk', chunkType: 'text_delta', delta }),
          call: (callId, name = 'look') =>
            turn.send({ chi: 'tool-call', callId, name, toolName: name, args: {} }),
          finish: (fields = {}) => {
            turn.send({ chi: 'finish', finishReason: 'stop', ...fields });
            resolve();
          },
          result: async (callId) => (await turn.toolResult(callId))['output'],
        });
      }),
  });
  onTestFinished(() => worker.close());
  return {
    turns,
    turn: async (index) => {
      await eventually(() => {
        if (turns.length <= index) throw new Error(`only ${turns.length} prompts have come`);
      });
      const turn = turns[index];
      if (turn === undefined) throw new Error('it has come');
      return turn;
    },
  };
}
