import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { createAnthropicSurface } from '../../src/http/anthropic/surface.js';
import { createOllamaSurface } from '../../src/http/ollama/surface.js';
import { createOpenAISurface } from '../../src/http/openai/surface.js';
import { createOpenApiSurface } from '../../src/http/openapi/surface.js';
import type { Surface, SurfaceContext } from '../../src/http/surface.js';
import { createUiSurface } from '../../src/http/ui/surface.js';
import { startWorld } from '../front-door/world.js';
import { serveSurface } from '../http/serve-surface.js';
import { OPENAPI_RULES } from './openapi-rules.js';
import { Checker, listOperations, readDocument } from './read-document.js';

/** All surfaces that a bridge has, and the address of the one with the document. */
async function serveAll() {
  const surfaces: Surface[] = [];
  const never = () => {
    throw new Error('nobody asks');
  };
  const url = await serveSurface({
    conversation: { turn: never, models: () => [], callTool: never, link: () => 'up' },
    create: (context: SurfaceContext) => {
      const { streams } = context;
      surfaces.push(
        createUiSurface({ status: never, metrics: never, tones: { watch: never }, streams }),
        createAnthropicSurface(context),
        createOpenAISurface(context),
        createOllamaSurface(context),
      );
      const own = createOpenApiSurface([...surfaces], '1.2.3');
      surfaces.push(own);
      return own;
    },
  });
  return { url, surfaces };
}

/** `POST /v1/responses/:id`, as a surface has its routes. */
function namesOf({ routes }: Surface, isAbsent: boolean): readonly string[] {
  return routes
    .filter((route) => (route.isAbsent ?? false) === isAbsent)
    .flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));
}

function toTemplate(name: string): string {
  return name.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}');
}

describe('GET /openapi.json', () => {
  it('keeps to the rules of OpenAPI 3.1, and its schemas to those of JSON Schema', async () => {
    const { url } = await startWorld();
    const document = await readDocument(url);
    const check = new Ajv2020({ strict: false, allErrors: true }).compile(OPENAPI_RULES);
    check(document);
    expect(check.errors).toBeNull();
    expect(document.info['version']).toBe('0.0.0-test');

    const checker = new Checker(document);
    for (const schema of Object.values(document.components.schemas)) checker.compile(schema);
    const operations = listOperations(document);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.tags.map(({ name }) => name);
    for (const { name, path, operation } of operations) {
      expect(tags, name).toEqual(expect.arrayContaining([...operation.tags]));
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter['in'] === 'path');
      expect(
        inPath.map((parameter) => `{${parameter['name']}}`),
        name,
      ).toEqual(path.match(/\{\w+\}/g) ?? []);
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    expect(new Set(references.map(([, name]) => name))).toEqual(
      new Set(Object.keys(document.components.schemas)),
    );
  });

  it('has every route of every surface, the probes, and nothing else', async () => {
    const { url, surfaces } = await serveAll();
    const document = await readDocument(url);
    const own = [...readFileSync('src/http/app.ts', 'utf8').matchAll(/app\.get\('([^']+)'/g)];
    const probes = own.flatMap(([, path]) => [`GET ${path}`, `HEAD ${path}`]);
    expect(probes.length).toBeGreaterThan(0);
    const routes = surfaces.flatMap((surface) => namesOf(surface, false)).map(toTemplate);
    expect(
      listOperations(document)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual([...routes, ...probes].toSorted());
  });

  it('is written from documentation of each route, of which none is missing or left over', async () => {
    const { surfaces } = await serveAll();
    for (const surface of surfaces) {
      const { routes } = await surface.docs();
      const documented = Object.keys(routes);
      const names = namesOf(surface, false);
      const missing = names.filter(
        (name) => !documented.includes(name) && !documented.includes(name.replace(/^HEAD /, 'GET ')),
      );
      expect(missing, surface.name).toEqual([]);
      const probes = surface.name === 'openapi' ? ['GET /healthz', 'GET /readyz'] : [];
      expect(
        documented.filter((name) => !names.includes(name) && !probes.includes(name)),
        surface.name,
      ).toEqual([]);
    }
  });

  it('leaves out only routes that say that there is no such thing', async () => {
    const { surfaces } = await serveAll();
    const absent = surfaces.flatMap((surface) => namesOf(surface, true));
    expect(absent.length).toBeGreaterThan(0);
    const { url } = await startWorld();
    for (const name of absent.filter((one) => one.startsWith('POST '))) {
      const path = name.replace('POST ', '').replace('*', 'any');
      const answer = await fetch(url + path, { method: 'POST', body: '{}' });
      expect(answer.status, name).toBe(404);
      await answer.body?.cancel();
    }
  });

  it('is behind the guards, and takes no other method', async () => {
    const { url } = await startWorld({ env: { OLLAMA_SERVER_API_KEY: 'a-secret-key' } });
    const without = await fetch(`${url}/openapi.json`);
    expect([without.status, await without.text()]).toEqual([
      401,
      `{"error":{"code":"unauthorized","message":"you didn't provide an API key"}}\n`,
    ]);
    const headers = { authorization: 'Bearer a-secret-key' };
    expect((await fetch(`${url}/openapi.json`, { headers })).status).toBe(200);
    const post = await fetch(`${url}/openapi.json`, { headers, method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
