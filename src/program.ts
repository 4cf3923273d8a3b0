/** The program: the only place, with the daemon's own `main`, that touches the environment, signals and exit codes. */
import cluster from 'node:cluster';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { CommanderError } from 'commander';
import type { Logger } from 'pino';
import { runCommand } from './commands/run-command.js';
import { ConfigError } from './hive/config-error.js';
import { listHives } from './hive/hives.js';
import { loadHive } from './hive/load-hive.js';
import { printConfig } from './hive/print-config.js';
import { toPrintable } from './core/printable.js';
import { parseCommandLine } from './run/command-line/parse-command-line.js';
import type { ServeInvocation } from './run/command-line/invocation.js';
import { createLog, type LogStyle } from './run/log.js';
import type { Service } from './run/service.js';
import { toStartError } from './run/start-line.js';

/** EX_CONFIG of sysexits.h: something that the user configured is wrong. */
const EXIT_CONFIG = 78;
const EXIT_FAILURE = 1;

/** False with nohup, which puts something else in the place of the terminal. */
const startedAtTerminal = isatty(0);

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const { env, stdin, stdout, stderr } = process;
const print = (line: string) => process.stdout.write(`${line}\n`);
/** Called where a command is to end. */
const interrupts = new Set<() => void>();
/** The reader of the output (`| head`) has closed it. */
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
    if (isTerminalClosed()) leave(process.exitCode);
  }
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_CONFIG;
  else complain(error);
  // Its channel to the primary would keep it running for ever.
  if (cluster.isWorker) process.exit();
}

async function serveHives(invocation: ServeInvocation): Promise<void> {
  if (invocation.printConfig) {
    for (const kind of invocation.hives)
      process.stdout.write(printConfig(loadHive({ kind, env, flags: invocation.flags })));
    return;
  }
  stdout.off('error', onClosedOutput);
  const log = await createLog(invocation.logLevel, toLogStyle());
  surviveMistakes(log);
  if (cluster.worker !== undefined) {
    const { serveAsChild } = await import('./run/processes/child.js');
    const end = () => leave(0);
    drainOnSignal(serveAsChild({ self: cluster.worker, env, log, end }));
  } else if (invocation.processes > 1) {
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
  process.stderr.write(toPrintable(`thrum-bridge: ${isConfig ? error.message : toStartError(error)}\n`));
  process.exitCode = isConfig ? EXIT_CONFIG : EXIT_FAILURE;
}

/** An unhandled rejection is logged, for it need not end the turns of others; an uncaught exception ends the process. */
function surviveMistakes(log: Logger): void {
  let count = 0;
  process.on('unhandledRejection', (err) =>
    log.error({ err, count: ++count }, 'a promise failed that nobody waited for, by our own mistake'),
  );
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
    // A program whose terminal was closed could not be ended from there any more.
    if (isTerminalClosed()) onSignal(signal);
    else if (!isEnding) service?.reload();
  });
  return (started) => {
    service = started;
  };
}

/** Node aborts, with a core dump, where it cannot reset the terminal that it was started at because that is closed. */
function leave(exitCode: number): void {
  if (isTerminalClosed()) process.kill(process.pid, 'SIGKILL');
  else process.exit(exitCode);
}

/** True once the terminal that the program was started at has been closed; false where it was started at none. */
function isTerminalClosed(): boolean {
  if (!startedAtTerminal) return false;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    // There is none to open any more.
    return true;
  }
}

/** Terminals and service managers signal all processes at once; how often, and when to stop waiting, the primary knows. */
function drainOnSignal(service: Service): void {
  const onSignal = () => void service.close();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', () => undefined);
}
