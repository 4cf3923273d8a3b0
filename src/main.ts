#!/usr/bin/env node
/** The program: the only place, with the daemon's own `main`, that touches the environment, signals and exit codes. */
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { loadConfig } from './hive/config.js';
import { ConfigError } from './hive/config-error.js';
import { listHives } from './hive/hives.js';
import { printConfig } from './hive/print-config.js';
import { parseCommandLine } from './run/cli.js';
import { createLog } from './run/log.js';
import { type Service, serve } from './run/serve.js';
import { toStartError } from './run/start-error.js';

/** EX_CONFIG of sysexits.h: something that the user configured is wrong. */
const EXIT_CONFIG = 78;
const EXIT_FAILURE = 1;

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

try {
  const invocation = parseCommandLine(process.argv.slice(2), version, listHives());
  if (invocation.printConfig) {
    for (const kind of invocation.hives)
      process.stdout.write(printConfig(loadConfig({ kind, env: process.env })));
  } else {
    const log = createLog(invocation.logLevel);
    const print = (line: string) => process.stdout.write(`${line}\n`);
    const service = await serve({ invocation, env: process.env, version, log, print });
    endOnSignal(service);
  }
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else if (error instanceof ConfigError) complain(error.message, EXIT_CONFIG);
  else complain(toStartError(error), EXIT_FAILURE);
}

function complain(message: string, exitCode: number): void {
  process.stderr.write(`thrum-bridge: ${message}\n`);
  process.exitCode = exitCode;
}

/** The first signal drains and ends with 0, a second one ends at once. */
function endOnSignal(service: Service): void {
  let isEnding = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isEnding) process.exit(signal === 'SIGINT' ? 130 : 143);
    isEnding = true;
    void service.close().then(() => process.exit(0));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
