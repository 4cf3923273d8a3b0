/** What runs in a thread of the pool: takes an input in pieces, calls a function with it and hands the output over in pieces. */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { Fault } from '../core/fault.js';
import { Assembly, type Step, toPieces, transferables } from './pieces.js';
import { findThreadTime, isShortage, readThreadTime } from './system.js';
import type { FromThread, ThreadTime, ToThread } from './task-thread.js';

// Where cores are few, the event loop goes first: streams lose tokens by waiting, a large body only time. Linux counts
// niceness by thread; elsewhere it would be that of the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const timeFile = findThreadTime();
let input = new Assembly();
let output: Iterator<readonly Step[], void> | undefined;

parentPort?.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'input':
      input.take(message.steps);
      break;
    case 'call':
      void call(message.module, message.name);
      break;
    case 'next':
      sendNext();
      break;
    default:
      message satisfies never;
  }
});

async function call(module: string, name: string): Promise<void> {
  const { value } = input;
  input = new Assembly();
  try {
    const exports: Readonly<Record<string, unknown>> = await import(module);
    const run = exports[name];
    if (typeof run !== 'function') throw new Error(`${module} exports no function ${name}`);
    send({ type: 'begun', time: timeNow() });
    output = toPieces(run(value));
    sendNext();
  } catch (error) {
    send(toFailure(error));
  }
}

function timeNow(): ThreadTime | undefined {
  return timeFile === undefined ? undefined : { file: timeFile, ms: readThreadTime(timeFile) };
}

function sendNext(): void {
  const piece = output?.next();
  if (piece === undefined || piece.done) {
    output = undefined;
    send({ type: 'done' });
  } else send({ type: 'output', steps: piece.value }, transferables(piece.value));
}

function toFailure(error: unknown): FromThread {
  if (error instanceof Fault) return { type: 'fault', facts: error.toFacts() };
  if (isShortage(error)) return { type: 'shortage', code: error.code };
  if (error instanceof Error) return { type: 'mistake', name: error.name, stack: error.stack ?? '' };
  return { type: 'mistake', name: 'Error', stack: '' };
}

function send(message: FromThread, memory: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, memory);
}
