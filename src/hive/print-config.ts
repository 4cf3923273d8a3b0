/** What `--print-config` prints. */
import type { ConfigEntry, ConfigSource } from './load-table.js';

/** Of whatever table. */
export interface ShownConfig {
  readonly config: { readonly kind: string };
  readonly entries: readonly ConfigEntry[];
}

const MASK = '********';

/** The hive's kind as a heading, then for each key its value as JSON and where it came from. Secrets are masked. */
export function printConfig({ config, entries }: ShownConfig): string {
  const rows = entries.map((entry) => [entry.key, showValue(entry), showSource(entry.source)] as const);
  const keyWidth = Math.max(...rows.map(([key]) => key.length));
  const valueWidth = Math.max(...rows.map(([, value]) => value.length));
  const lines = rows.map(
    ([key, value, source]) => `${key.padEnd(keyWidth)}  ${value.padEnd(valueWidth)}  ${source}`,
  );
  return `${[`# ${config.kind}`, ...lines].join('\n')}\n`;
}

function showValue({ isSecret, value }: ConfigEntry): string {
  if (value === undefined) return '(not set)';
  return JSON.stringify(isSecret ? MASK : value);
}

function showSource(source: ConfigSource): string {
  switch (source.type) {
    case 'default':
      return 'default';
    case 'env':
      return `env ${source.name}`;
    case 'file':
      return `file ${source.path}`;
    case 'flag':
      return `flag ${source.name}`;
    default:
      return source satisfies never;
  }
}
