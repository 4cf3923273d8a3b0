import { execFile } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { CONFIG_KEYS } from '../../src/hive/config-keys.js';
import { envNamesOf } from '../../src/hive/env-variables.js';
import { listServers, UPSTREAM_WORKER } from '../../src/hive/hives.js';
import { loadUpstreamWorkerConfig, WORKER_KEYS } from '../../src/hive/upstream-worker-config.js';
import { startEmbeddedBridge } from '../clients/embedded-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';
import { PROJECT } from './machine.js';
import { systemProgram } from '../system-program.js';

const run = promisify(execFile);

function readmePath(kind: string): string {
  return join(PROJECT, 'hives', kind, 'README.md');
}

function readme(kind: string): string {
  return readFileSync(readmePath(kind), 'utf8');
}

const DOCUMENTED = listServers().filter((kind) => existsSync(readmePath(kind)));

function quote(values: readonly unknown[]): string {
  return values.length === 0
    ? 'none'
    : values.map((value) => `\`${typeof value === 'object' ? JSON.stringify(value) : value}\``).join(', ');
}

/** The code blocks of `language` that speak to the bridge, with its real address in them. */
function examples(kind: string, language: string, url: string): string[] {
  const { port } = loadConfig({ kind, env: { HOME: temporaryFolder() } }).config;
  return [...readme(kind).matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))]
    .map(([, code = '']) => code)
    .filter((code) => code.includes(`http://127.0.0.1:${port}`))
    .map((code) => code.replaceAll(`http://127.0.0.1:${port}`, url));
}

it('the hives that people install have a README', () => {
  expect(DOCUMENTED).toEqual(expect.arrayContaining(['ollama-server', 'openai-server', 'anthropic-server']));
});

it('the README of upstream-worker has every key of its configuration, its variables and its default', () => {
  const { entries } = loadUpstreamWorkerConfig({ env: { HOME: temporaryFolder() } });
  const rows = [...readme(UPSTREAM_WORKER).matchAll(/^(\| `\w+` \| `UPSTREAM.*? \| .*? \|) \S.*\S \|$/gm)];
  expect(rows.map(([, row]) => row)).toEqual(
    WORKER_KEYS.map((key) => {
      const byDefault = entries.find((entry) => entry.key === key.name)?.value ?? [];
      return `| \`${key.name}\` | ${quote(envNamesOf(UPSTREAM_WORKER, key))} | ${quote([byDefault].flat())} |`;
    }),
  );
});

describe.each(DOCUMENTED)('the README of %s', (kind) => {
  it('has every key of the configuration, its variables and its default', () => {
    const values = loadConfig({ kind, env: { HOME: temporaryFolder() } }).entries;
    const rows = [...readme(kind).matchAll(/^(\| `\w+` \| .*? \| .*? \|) \S.*\S \|$/gm)];
    expect(rows.map(([, row]) => row)).toEqual(
      CONFIG_KEYS.map((key) => {
        const byDefault = values.find((entry) => entry.key === key.name)?.value ?? [];
        return `| \`${key.name}\` | ${quote(envNamesOf(kind, key))} | ${quote([byDefault].flat())} |`;
      }),
    );
  });

  it('tells the wire and what the hive provides', () => {
    const { wire, provides } = loadConfig({ kind, env: { HOME: temporaryFolder() } }).config;
    const provided = provides.length === 0 ? 'nothing' : quote(provides);
    expect(readme(kind)).toContain(
      `| \`convention-stateful\` | \`medium\` | \`${wire}\` | ${provided} | forager |`,
    );
  });

  const curl = systemProgram('curl');
  it.skipIf(curl.isSkipped)(`has curl examples that work as pasted${curl.note}`, async () => {
    curl.demand();
    const { url } = await startEmbeddedBridge();
    const commands = examples(kind, 'sh', url).flatMap((code) => code.trimEnd().split('\n'));
    expect(commands.length).toBeGreaterThan(1);
    for (const command of commands) {
      const { stdout } = await run('sh', ['-c', command.replace(/^curl /, 'curl --silent --fail ')]);
      expect(stdout, command).toMatch(command.includes('sky') ? /blue/ : /claude-sonnet-4/);
    }
  });

  it('has JavaScript examples that work as pasted', async () => {
    const { url } = await startEmbeddedBridge();
    const folder = temporaryFolder();
    symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
    const programs = examples(kind, 'js', url);
    expect(programs.length).toBeGreaterThan(0);
    for (const program of programs) {
      writeFileSync(join(folder, 'example.mjs'), program);
      const { stdout } = await run(process.execPath, [join(folder, 'example.mjs')]);
      expect(stdout.trim()).toBe('Why is the sky blue?');
    }
  });
});
