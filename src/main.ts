#!/usr/bin/env node
/** The program: the only place, with the daemon's own `main`, that touches the environment, signals and exit codes. */
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { CommanderError } from 'commander';
import type { Logger } from 'pino';
import { runCommand } from './commands/run-command.js';
import { ConfigError } from './hive/config-error.js';
import { listHives } from './hive/hives.js';
import { loadHive } from './hive/load-hive.js';
import { printConfig } from './hive/print-config.js';
import { parseCommandLine } from './run/command-line/cli.js';
import type { ServeInvocation } from './run/command-line/invocation.js';
import { createLog, type LogStyle } from './run/log.js';
import type { Service } from './run/service.js';
import { toStartError } from './run/start-error.js';
import { hasTerminal } from './run/command-line/terminal.js';
import { UnownedRejections } from './run/unowned-rejections.js';

/** EX_CONFIG of sysexits.h: something that the user configured is wrong. */
const EXIT_CONFIG = 78;
const EXIT_FAILURE = 1;

/** Not so with nohup, which puts something else in its place. */
const hadTerminal = isatty(0);

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const { env, stdin, stdout, stderr } = process;
const print = (line: string) => process.stdout.write(`${line}\n`);
/** What a command does where it is to end. */
const interrupts = new Set<() => void>();
/** Whoever reads the output (`| head`) may have seen enough. */
const onClosedOutput = () => {
  if (interrupts.size === 0) process.exit();
  for (const interrupt of [...interrupts]) interrupt();
};
stdout.on('error', onClosedOutput);

try {
  const invocation = parseCommandLine(process.argv.slice(2), version, listHives());
  if (invocation.command === 'serve') {
    await serveHives(invocation);
  } else {
    process.exitCode = await runCommand(invocation, { env, version, stdin, stdout, stderr, onInterrupt });
    if (hadTerminal && !hasTerminal()) leave(process.exitCode);
  }
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else complain(error);
  // Its line to the primary would keep it alive for ever.
  if (cluster.isWorker) process.exit();
}

async function serveHives(invocation: ServeInvocation): Promise<void> {
  if (invocation.printConfig) {
    for (const kind of invocation.hives) process.stdout.write(printConfig(loadHive({ kind, env })));
    return;
  }
  stdout.off('error', onClosedOutput);
  const log = await createLog(invocation.logLevel, toLogStyle());
  surviveMistakes(log);
  if (cluster.worker !== undefined) {
    const { serveAsWorker } = await import('./run/processes/child.js');
    const end = () => leave(0);
    drainOnSignal(serveAsWorker({ self: cluster.worker, env, log, end }));
  } else if (invocation.workers > 1) {
    const { serveAsPrimary } = await import('./run/processes/primary.js');
    const giveUp = (error: Error) => {
      complain(error);
      process.exit();
    };
    const onStarted = obeySignals();
    onStarted(await serveAsPrimary({ invocation, env, version, log, print, giveUp }));
  } else {
    const { serve } = await import('./run/serve.js');
    const onStarted = obeySignals();
    onStarted(await serve({ invocation, env, version, log, print }));
  }
}

/** `NO_COLOR` and `TERM=dumb` are obeyed. */
function toLogStyle(): LogStyle {
  return { isTerminal: stderr.isTTY === true, hasColors: stderr.isTTY === true && stderr.hasColors() };
}

function onInterrupt(listener: () => void): () => void {
  interrupts.add(listener);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, listener);
  return () => {
    interrupts.delete(listener);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, listener);
  };
}

function complain(error: unknown): void {
  const isConfig = error instanceof ConfigError;
  process.stderr.write(`thrum-bridge: ${isConfig ? error.message : toStartError(error)}\n`);
  process.exitCode = isConfig ? EXIT_CONFIG : EXIT_FAILURE;
}

/** A rejection that nobody owns is not worth the turns of everybody; after an exception, nothing can be relied on. */
function surviveMistakes(log: Logger): void {
  const rejections = new UnownedRejections(log);
  process.on('unhandledRejection', (reason) => rejections.note(reason));
  process.on('uncaughtException', (error) => {
    log.fatal(
      { err: error },
      'the program is broken and ends: start it again, and please report this line to its makers',
    );
    process.exit(EXIT_FAILURE);
  });
}

/**
 * The first signal drains the service that is handed over and ends with 0, a second one ends at once, as does the first one
 * while there is no service; `SIGHUP` has it read the configuration again.
 */
function obeySignals(): (service: Service) => void {
  let service: Service | undefined;
  let isEnding = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (service === undefined || isEnding) {
      service?.kill?.();
      return leave(128 + constants.signals[signal]);
    }
    isEnding = true;
    const onBroken = (error: unknown) => {
      complain(error);
      process.exit();
    };
    service.close().then(() => leave(0), onBroken);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', (signal) => {
    // The terminal was closed: nobody is left who could end a program that lives on.
    if (hadTerminal && !hasTerminal()) onSignal(signal);
    else if (!isEnding) service?.reload();
  });
  return (started) => {
    service = started;
  };
}

/** Node aborts, with a core dump, where it cannot reset the terminal that it was started at because that is closed. */
function leave(exitCode: number): void {
  if (hadTerminal && !hasTerminal()) process.kill(process.pid, 'SIGKILL');
  else process.exit(exitCode);
}

/** Terminals and service managers signal all processes at once; how often, and when to stop waiting, the primary knows. */
function drainOnSignal(service: Service): void {
  const onSignal = () => void service.close();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', () => undefined);
}
