/** The recipes for clients: each has its lines, which can be pasted, and leads to a bridge. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { startWorld } from '../front-door/world.js';

const CLIENTS = [
  'Claude Code',
  'Codex CLI',
  'opencode',
  'qwen-code',
  'Continue',
  'Cline',
  'aider',
  'Copilot',
  'Zed',
  'Open WebUI',
  'LibreChat',
  'n8n',
  'LangChain',
  'LlamaIndex',
  'llm',
];
const MOST_LINES = 14;
const HIVES = ['ollama-server', 'openai-server', 'anthropic-server'];

const text = readFileSync('hives/CLIENTS.md', 'utf8');
const [top = '', ...parts] = text.split(/^## /m);
const sections = new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));

interface Block {
  readonly language: string;
  readonly code: string;
}

function blocksOf(section: string): readonly Block[] {
  return [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
}

/** The base URLs of a bridge on this machine that stand in a text. */
function urlsIn(code: string): readonly string[] {
  return [...code.matchAll(/http:\/\/(?:127\.0\.0\.1|host\.docker\.internal):\d+[\w/]*/g)].map(
    ([url]) => url,
  );
}

describe('the recipes', () => {
  it('are for each client, in a table that says what was tried', () => {
    expect([...sections.keys()]).toEqual(CLIENTS);
    const rows = top.split('\n').filter((line) => line.startsWith('| ['));
    expect(rows.map((row) => /\[(.+?)\]/.exec(row)?.[1])).toEqual(CLIENTS);
    for (const row of rows) {
      const [, , version = '', tried = ''] = row.split('|').map((cell) => cell.trim());
      expect([row, /^yes\b/.test(tried) !== (tried === 'documented')]).toEqual([row, true]);
      expect([row, version === '']).toEqual([row, tried === 'documented']);
    }
  });

  it.each(CLIENTS)('for %s are few lines, and lead to a port of a hive', (client) => {
    const blocks = blocksOf(sections.get(client) ?? '');
    expect(blocks.length).toBeGreaterThan(0);
    const ports = HIVES.map((kind) => String(loadConfig({ kind, env: {} }).config.port));
    for (const { language, code } of blocks) {
      expect(code.trim().split('\n').length).toBeLessThanOrEqual(MOST_LINES);
      if (language === 'json') JSON.parse(code);
      for (const url of urlsIn(code)) expect(ports).toContain(new URL(url).port);
    }
    const isLaunched = blocks.some(({ code }) => code.startsWith('thrum-bridge launch'));
    expect(isLaunched || blocks.some(({ code }) => urlsIn(code).length > 0)).toBe(true);
  });

  it('name base URLs behind which the bridge answers', async () => {
    const world = await startWorld();
    const paths = new Set(urlsIn(text).map((url) => new URL(url).pathname.replace(/\/$/, '')));
    expect([...paths].sort()).toEqual(['', '/v1', '/v1/chat/completions']);
    for (const path of paths) {
      const response = await fetch(`${world.url}${path}/models`);
      expect([path, response.status]).toEqual([path, 200]);
    }
  });
});
