import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ANTHROPIC_DOCS } from '../src/http/anthropic/docs.js';
import { OLLAMA_DOCS } from '../src/http/ollama/docs/routes.js';
import { SCALAR_OPTIONS } from '../src/http/ollama/sampling.js';
import { OPENAI_DOCS } from '../src/http/openai/docs/routes.js';
import { toJsonSchema } from '../src/http/openapi/components.js';
import { askWithFields, ODD_VALUES, withoutNames } from './readme-fields-world.js';

const SURFACES = ['ollama', 'openai', 'anthropic'];
const HEADER = '| field | supported | accepted, ignored | refused |';
const NOT_READ = 'not read: ';

interface Row {
  readonly fields: readonly string[];
  /** True for fields that no schema has, and that are named because clients send them. */
  readonly isNotRead: boolean;
  readonly supported: string;
  readonly ignored: string;
  readonly refused: string;
}

interface Table {
  /** The line above it. */
  readonly title: string;
  readonly routes: readonly string[];
  readonly rows: readonly Row[];
}

function readRow(line: string): Row {
  const [names = '', supported = '', ignored = '', refused = ''] = line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
  const isNotRead = names.startsWith(NOT_READ);
  return {
    fields: [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    isNotRead,
    supported,
    ignored,
    refused,
  };
}

function readTables(): readonly Table[] {
  return SURFACES.flatMap((surface) =>
    tablesOf(readFileSync(`src/http/${surface}/README.md`, 'utf8').split('\n')),
  );
}

function tablesOf(lines: readonly string[]): readonly Table[] {
  return lines.flatMap((line, index) => {
    if (line !== HEADER) return [];
    const title = lines[index - 2] ?? '';
    const end = lines.indexOf('', index);
    const routes = [...title.matchAll(/`((?:POST|DELETE) [^`]+)`/g)].map(([, route = '']) => route);
    return [{ title, routes, rows: lines.slice(index + 2, end).map(readRow) }];
  });
}

const DOCS = { ...OLLAMA_DOCS.routes, ...OPENAI_DOCS.routes, ...ANTHROPIC_DOCS.routes };
/** Those without `/v1` are the same ones. */
const WITH_BODY = Object.keys(DOCS).filter((name) => DOCS[name]?.body && /^\w+ \/(v1|api)\//.test(name));

function keysOf(route: string): readonly string[] {
  const body = DOCS[route]?.body;
  if (body === undefined) throw new Error(`${route} has no body`);
  return Object.keys(Object(toJsonSchema(body.schema, 'input')['properties']));
}

const tables = readTables();
const bodyTables = tables.filter(({ title }) => !title.startsWith('`options`'));

describe('the field tables of the README', () => {
  it('are there for every route that takes a body', () => {
    expect(bodyTables.flatMap(({ routes }) => routes).toSorted()).toEqual(WITH_BODY.toSorted());
  });

  it.each(bodyTables)('name each field of $title once, and no other', ({ routes, rows }) => {
    const read = rows.filter((row) => !row.isNotRead).flatMap(({ fields }) => fields);
    const keys = [...new Set(routes.flatMap(keysOf))];
    expect(read.toSorted()).toEqual(keys.toSorted());
    const others = rows.filter((row) => row.isNotRead).flatMap(({ fields }) => fields);
    expect(others.filter((name) => keys.includes(name))).toEqual([]);
  });

  it('name each of Ollama’s options once, and no other', () => {
    const options = tables.filter(({ title }) => title.startsWith('`options`'));
    expect(options.flatMap(({ rows }) => rows.flatMap(({ fields }) => fields)).toSorted()).toEqual(
      [...SCALAR_OPTIONS.keys(), 'stop'].toSorted(),
    );
  });

  it('put each field in one column: supported, ignored, or refused', () => {
    for (const { title, rows } of tables) {
      for (const { fields, isNotRead, supported, ignored, refused } of rows) {
        const filled = [supported, ignored].filter((cell) => cell !== '').length;
        const where = `${title}: ${fields.join(', ')}`;
        expect(fields.length, where).toBeGreaterThan(0);
        if (isNotRead) expect(supported, where).toBe('');
        else expect(filled === 1 || (filled === 0 && refused !== ''), where).toBe(true);
      }
    }
  });

  it('say "ignored" only of what changes nothing that the worker is asked', async () => {
    const world = await askWithFields();
    const asked = bodyTables.filter(({ routes }) => routes.some((route) => route in world.bodies));
    expect(asked.length).toBeGreaterThan(4);
    for (const { routes, rows } of asked) {
      const ignored = rows
        .filter((row) => row.isNotRead || row.ignored !== '')
        .flatMap(({ fields }) => fields);
      for (const route of routes) {
        const body = world.bodies[route];
        if (body === undefined) continue;
        const plain = withoutNames(await world.promptOf(route, body));
        for (const field of ignored) {
          for (const value of ODD_VALUES) {
            const prompt = await world.promptOf(route, { ...body, [field]: value });
            if (prompt !== undefined) expect(withoutNames(prompt), `${route} ${field}`).toEqual(plain);
          }
        }
      }
    }
  });
});
