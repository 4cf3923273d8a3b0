import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { Tool } from '../../src/core/request.js';
import {
  DeclaredTools,
  type DeclaredUse,
  LONGEST_MESH_NAME,
  MAX_DEFINITION_BYTES,
  MAX_DEFINITIONS,
  UNUSED_MS,
} from '../../src/thrum/tools/declared-tools.js';

const tool = (name: string, description = ''): Tool => ({
  name,
  description,
  inputSchema: { type: 'object', properties: {} },
});

/** What is declared, how often a hello was sent for it, and a clock that stands still. */
function start(owner = 'fbee_1', configured: readonly string[] = []) {
  const clock = { now: 0 };
  /** What sessions use that are only kept. */
  const kept: DeclaredUse[] = [];
  let hellos = 0;
  const declared = new DeclaredTools({
    owner,
    configured: configured.map((name) => ({ name, description: '', inputSchema: { type: 'object' } })),
    declare: () => hellos++,
    letGoKept: () => {
      const oldest = kept.shift();
      oldest?.release();
      return oldest !== undefined;
    },
    now: () => clock.now,
  });
  const use = (...tools: readonly Tool[]) => declared.use(tools, 1_000, new TurnAbort());
  return {
    declared,
    clock,
    kept,
    use,
    hellos: () => hellos,
    names: () => declared.list().map(({ name }) => name),
  };
}

const meshNameOf = async (used: Tool, owner?: string) => {
  const { clientNames } = await start(owner).use(used);
  return [...clientNames.keys()][0] ?? '';
};

describe('the name of a tool on the mesh', () => {
  it('says what the tool is, fits the API, and holds nothing that a worker cannot take', async () => {
    expect(await meshNameOf(tool('get_weather'))).toMatch(/^get_weather_[0-9a-f]{12}$/);
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: 'binary' }), async (name) => {
        const meshName = await meshNameOf(tool(name));
        expect(meshName).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(meshName.length).toBeLessThanOrEqual(LONGEST_MESH_NAME);
      }),
    );
  });

  it('is the same after a restart, and another one for another definition or another bridge', async () => {
    const names = await Promise.all([
      meshNameOf(tool('f')),
      meshNameOf(tool('f', 'other')),
      meshNameOf({ ...tool('f'), inputSchema: { type: 'object', properties: { x: {} } } }),
      meshNameOf(tool('f'), 'fbee_2'),
      meshNameOf(tool('g')),
    ]);
    expect(new Set(names).size).toBe(5);
    expect(await meshNameOf(tool('f'))).toBe(names[0]);
  });

  it('leads back to the name of the client, whatever that is', async () => {
    const { clientNames } = await start().use(tool('a b'), tool('a/b'), tool('mcp__x__y'));
    expect([...clientNames.values()]).toEqual(['a b', 'a/b', 'mcp__x__y']);
    expect(clientNames.size).toBe(3);
  });
});

describe('what is declared', () => {
  it('is said once, however many turns use it, and stays in its order', async () => {
    const { use, hellos, names } = start();
    await use(tool('a'), tool('b'));
    await use(tool('b'));
    await use(tool('b'), tool('a'));
    expect(hellos()).toBe(1);
    await use(tool('c'));
    expect([hellos(), names().map((name) => name[0])]).toEqual([2, ['a', 'b', 'c']]);
  });

  it('stays for some minutes when no turn uses it any more, then goes with the next sweep', async () => {
    const { declared, clock, use, hellos, names } = start();
    const used = await use(tool('a'));
    await use(tool('b'), tool('c'));
    used.release();
    used.release();
    clock.now = UNUSED_MS - 1;
    declared.sweep();
    expect(names()).toHaveLength(3);
    clock.now = UNUSED_MS;
    declared.sweep();
    expect([names().map((name) => name[0]), hellos()]).toEqual([['b', 'c'], 3]);
  });

  it('never becomes nothing: a worker would go on listing what it was given last', async () => {
    const { declared, clock, use, names } = start();
    (await use(tool('a'))).release();
    clock.now = UNUSED_MS * 2;
    declared.sweep();
    expect(names()).toHaveLength(1);
  });

  it('keeps the tools of the configuration under their own names, for clients that bring the same', async () => {
    const { use, hellos, names } = start('fbee_1', ['weather']);
    const { clientNames } = await use(tool('weather', 'in other words'));
    expect([names(), [...clientNames], hellos()]).toEqual([['weather'], [['weather', 'weather']], 0]);
  });

  it('has a type in every schema: one without has the CLI drop the whole list', async () => {
    const { use, declared } = start();
    await use({ name: 'a', inputSchema: {} });
    expect(declared.list()[0]?.inputSchema).toEqual({ type: 'object' });
  });
});

describe('room for tools', () => {
  const many = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => tool(`${prefix}${index}`));

  it('is made by the longest unused ones', async () => {
    const { clock, use, names } = start();
    const first = await use(...many(MAX_DEFINITIONS / 2, 'a'));
    const second = await use(...many(MAX_DEFINITIONS / 2, 'b'));
    clock.now = 1;
    first.release();
    clock.now = 2;
    second.release();
    await use(tool('c'));
    expect(names()).toHaveLength(MAX_DEFINITIONS);
    expect(names().filter((name) => name.startsWith('a'))).toHaveLength(MAX_DEFINITIONS / 2 - 1);
  });

  it('is waited for where all are in use, and refused in the end', async () => {
    const { declared, use } = start();
    const all = await use(...many(MAX_DEFINITIONS, 'a'));
    const waiting = use(tool('b'));
    await expect(declared.use([tool('c')], 1, new TurnAbort())).rejects.toMatchObject({ code: 'busy' });
    const left = new TurnAbort();
    const gone = declared.use([tool('d')], 60_000, left);
    left.abort();
    await expect(gone).rejects.toMatchObject({ code: 'client-left' });
    all.release();
    expect((await waiting).clientNames.size).toBe(1);
  });

  it('is made by sessions that are only kept, where all are in use', async () => {
    const { use, kept, names } = start();
    const many = Array.from({ length: MAX_DEFINITIONS / 2 }, (_, n) => tool(`f${n}`));
    const others = many.map(({ name }) => tool(`g${name}`));
    kept.push(await use(...many), await use(...others));
    await use(tool('h'));
    expect(kept).toHaveLength(1);
    expect(names().at(-1)).toMatch(/^h_/);
  });

  describe('in bytes', () => {
    const large = (name: string, kib: number) => tool(name, 'x'.repeat(kib * 1_024));
    const initials = (names: readonly string[]) => names.map((name) => name[0]);

    it('is given back by what goes, and kept by what is in use', async () => {
      const { declared, use, names } = start();
      const held = await use(large('a', 400));
      for (const name of ['b', 'c', 'd', 'e']) (await use(large(name, 400))).release();
      expect(initials(names())).toEqual(['a', 'e']);
      const other = await use(large('f', 400));
      const late = declared.use([large('g', 400)], 0, new TurnAbort());
      await expect(late).rejects.toMatchObject({ code: 'busy' });
      const waiting = use(large('h', 400));
      other.release();
      await waiting;
      held.release();
      expect(initials(names())).toEqual(['a', 'h']);
    });

    it('is not given to others by a turn that gives the same tools back twice', async () => {
      const { declared, use } = start();
      const one = await use(large('a', 600));
      await use(large('a', 600));
      one.release();
      one.release();
      const late = declared.use([large('b', 600)], 0, new TurnAbort());
      await expect(late).rejects.toMatchObject({ code: 'busy' });
    });

    it('is not made by what the request brings itself, though that was unused for longest', async () => {
      const { clock, use, names } = start();
      for (const [now, unused] of [large('a', 500), large('b', 300)].entries()) {
        const used = await use(unused);
        clock.now = now;
        used.release();
      }
      await use(large('a', 500), large('c', 400));
      expect(initials(names())).toEqual(['a', 'c']);
    });
  });

  it('is never enough for more than there can be', async () => {
    const { use } = start();
    for (const tools of [many(MAX_DEFINITIONS + 1, 'a'), [tool('a', 'x'.repeat(MAX_DEFINITION_BYTES))]])
      await expect(use(...tools)).rejects.toMatchObject({ code: 'bad-request', param: 'tools' });
  });
});
