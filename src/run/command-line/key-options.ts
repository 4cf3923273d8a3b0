/** The options of the command line that are keys of the configuration. */
import { Option } from 'commander';
import { ConfigError } from '../../hive/config-error.js';
import type { ConfigFlag } from '../../hive/load-table.js';

export function keyOptions(): readonly Option[] {
  return [
    new Option('--port <port>', 'port to listen on; 0 takes a free one'),
    new Option('--host <host>', 'address to listen on'),
    new Option(
      '--api-key <keys>',
      'keys that clients must show, with commas between, or @/path of a file with them',
    ),
    new Option('--models <names>', 'models to list besides those that workers serve, with commas between'),
  ];
}

/** What may be typed of the configuration. */
export interface KeyOptions {
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly models?: string | undefined;
}

/** The options that are keys of the configuration. Throws `ConfigError` where one port would be for several hives. */
export function toFlags(
  { port, host, apiKey, models }: KeyOptions,
  hives: readonly string[],
): readonly ConfigFlag[] {
  if (port !== undefined && hives.length > 1)
    throw new ConfigError(
      '--port is for one hive: name the port of each in its own variable, such as OLLAMA_SERVER_PORT',
    );
  const typed = { port, host, apiKey, models };
  const names = { port: '--port', host: '--host', apiKey: '--api-key', models: '--models' };
  return (['port', 'host', 'apiKey', 'models'] as const).flatMap((key) => {
    const value = typed[key];
    return value === undefined ? [] : [{ name: names[key], key, value }];
  });
}
