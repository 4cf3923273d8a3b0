/** Plays a script as the recorded worker did: the same tones with the same fields in the same order. */
import { setTimeout as delay } from 'node:timers/promises';
import { ChunkDialect, type Dialect, PartDialect, toSessionReady } from './dialect.js';
import type { Script } from './script.js';
import { callTools, createCallId } from './scripted-tools.js';
import type { WorkerTurn } from '../worker/turn.js';

export async function playScript(script: Script, turn: WorkerTurn): Promise<void> {
  if (script.silent) return cancelled(turn.signal);
  turn.send(toSessionReady(turn));
  if (script.permission) turn.send(toPermissionAsk());
  if (script.hang) return cancelled(turn.signal);

  const parts = new PartDialect(turn);
  const dialect: Dialect = script.dialect === 'part' ? parts : new ChunkDialect(turn);
  if (script.reason.length > 0) await dialect.reasoning(script.reason);
  await sendText(script, dialect, turn);
  if (script.die) {
    turn.die();
  } else if (script.error !== undefined) {
    turn.send({ chi: 'error', ...script.error });
  } else if (script.toolsAsChunk) {
    for (const { name, args } of script.tools) parts.toolUse(createCallId(), name, args);
    finish(script, 'tool_use', turn);
  } else {
    for (const round of [script, ...script.rounds]) {
      await callTools({ ...script, tools: round.tools }, turn);
      for (const delta of round.then) {
        const room = turn.whenRoom();
        if (room !== undefined) await room;
        dialect.moreText(delta);
      }
    }
    finish(script, 'stop', turn);
  }
}

/** Deltas leave at fixed times, so that a late timer does not slow the whole answer down. */
async function sendText(script: Script, dialect: Dialect, turn: WorkerTurn): Promise<void> {
  const { say: texts, n, pad, ms, error, errorAfter } = script;
  const padding = '.'.repeat(pad);
  const all = texts.length + n;
  const count = error === undefined ? all : Math.min(all, errorAfter ?? all);
  const start = performance.now();
  for (let index = 0; index < count; index++) {
    const wait = start + index * ms - performance.now();
    if (index > 0 && wait > 0) await delay(wait, undefined, { ref: false });
    const room = turn.whenRoom();
    if (room !== undefined) await room;
    if (turn.signal.aborted) return;
    dialect.text(texts[index] ?? `t${index - texts.length}${padding} `);
  }
}

function finish({ finish: reason, usage, exitCode }: Script, otherwise: string, turn: WorkerTurn): void {
  const finishReason = reason ?? otherwise;
  turn.send({ chi: 'finish', finishReason, usage, ...(exitCode !== undefined && { exitCode }) });
}

function toPermissionAsk() {
  const permitId = createCallId();
  const message = 'May the worker run this tool?';
  return { chi: 'permission-ask', permitId, callId: permitId, toolName: 'Bash', question: message, message };
}

function cancelled(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
