import { describe, expect, test } from 'vitest';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import type { Dialled } from './dial.js';
import { type Nest, startNest } from './nest.js';

const is =
  (chi: string, sid?: string) =>
  (tone: Tone): boolean =>
    tone.chi === chi && (sid === undefined || tone.sid === sid);

const tool = (name: string) => ({ name, description: name, inputSchema: { type: 'object', properties: {} } });
const hidOf = (digit: string) => `fbee_${digit.repeat(64)}`;

/** The entries of bees.json with this name. */
async function entriesOf(nest: Nest, hive: string) {
  return Object.values(await nest.bees()).filter(({ name }) => name === hive);
}

/** A bare worker, which a test answers for; it has taken the prompt when `prompted` resolves. */
async function startBareWorker(nest: Nest, fields: Readonly<Record<string, unknown>> = {}) {
  const worker = await nest.forager({ hive: 'bare', bee: ['worker'], models: ['m'], ...fields });
  return { worker, prompted: (sid: string) => worker.next(is('prompt', sid)) };
}

/** Resolves when all that was sent over these links before has been dealt with. */
async function settle(...links: readonly Dialled[]): Promise<void> {
  for (const link of links) await link.settle();
}

const countOf = (link: Dialled, fits: (tone: Tone) => boolean) => link.tones.filter(fits).length;

describe('a hello', () => {
  test('on the same link replaces the one before as a whole', async () => {
    const nest = await startNest();
    const forager = await nest.forager({
      hive: 'bee',
      tools: [tool('old')],
      provides: ['session', 'accepts:images'],
      source: 'https://x',
      nestlerId: 'first',
      hid: hidOf('a'),
    });
    forager.send({ chi: 'hello', rid: 'again', hive: 'bee', bee: ['forager'], tools: [tool('new')] });
    await forager.next(({ rid }) => rid === 'again');
    await settle(forager);
    const [entry, ...others] = await entriesOf(nest, 'bee');
    expect(others).toEqual([]);
    expect(entry).toEqual({
      name: 'bee',
      version: '0.0.0',
      proto_version: '0.7.0',
      propensity: {},
      chis: [],
      nestlerId: expect.not.stringMatching('first'),
      bee: ['forager'],
      tools: [tool('new')],
    });
    const caller = await nest.forager();
    caller.send({ chi: 'tool-call', sid: 's', callId: 'a', toolName: 'old' });
    caller.send({ chi: 'tool-call', sid: 's', callId: 'b', toolName: 'new' });
    expect(await forager.next(is('tool-call'))).toMatchObject({ callId: 'b' });
  });

  test('is in force for what follows on its link', async () => {
    const nest = await startNest();
    const { prompted } = await startBareWorker(nest);
    const forager = await nest.forager({ tools: [] });
    forager.prompt('before', 'hi', { modelId: 'm' });
    forager.send({ chi: 'hello', hive: 'bee', bee: ['forager'], tools: [tool('news')] });
    forager.prompt('behind', 'hi', { modelId: 'm' });
    expect(await prompted('before')).not.toHaveProperty('foragerTools');
    expect(await prompted('behind')).toMatchObject({ foragerTools: [tool('news')] });
  });

  test('that names neither a hive nor a sender is answered and changes nothing', async () => {
    const nest = await startNest();
    const forager = await nest.forager({ hive: 'bee', tools: [tool('kept')] });
    forager.send({ chi: 'hello', rid: 'nameless', bee: ['worker'], models: ['m'] });
    expect(await forager.next(({ rid }) => rid === 'nameless')).toMatchObject({ chi: 'echo', ok: true });
    await forager.next(is('breath'));
    expect(await entriesOf(nest, 'bee')).toMatchObject([{ bee: ['forager'], tools: [tool('kept')] }]);
  });

  test('leaves a fixed set of its fields, and of theirs', async () => {
    const nest = await startNest();
    await nest.forager({
      hive: 'bee',
      bee: 'forager',
      hid: hidOf('b'),
      chis: ['prompt', 7],
      propensity: { statefulness: 's', richness: 'r', wire: 'w', more: 1 },
      bind: { host: 'h', port: 80, scheme: 'http', path: '/' },
      tools: [{ ...tool('t'), annotations: { readOnlyHint: true }, title: 'T' }],
      models: ['m'],
      provides: ['accepts:messages', 7],
      sampling: true,
      ext: { bee: 1 },
    });
    expect(await entriesOf(nest, 'bee')).toEqual([
      {
        name: 'bee',
        version: '0.1.0',
        proto_version: '0.7.0',
        propensity: { statefulness: 's', richness: 'r', wire: 'w' },
        chis: ['prompt'],
        bind: { host: 'h', port: 80, scheme: 'http' },
        nestlerId: expect.any(String),
        bee: ['forager'],
        hid: hidOf('b'),
        models: ['m'],
        tools: [tool('t')],
        provides: ['accepts:messages'],
      },
    ]);
  });

  test.each([
    { what: 'a port that is none', fields: { bind: { host: 'h', port: 65_536 } }, gone: 'bind' },
    { what: 'a bind without a host', fields: { bind: { port: 1 } }, gone: 'bind' },
    { what: 'a hid of another kind', fields: { hid: `xbee_${'a'.repeat(64)}` }, gone: 'hid' },
    { what: 'a hid whose kind is spelt large', fields: { hid: `FBEE_${'a'.repeat(64)}` }, gone: 'hid' },
    { what: 'a hid of odd length', fields: { hid: `fbee_${'a'.repeat(63)}` }, gone: 'hid' },
    { what: 'a bare hid that is short', fields: { hid: 'a'.repeat(12) }, gone: 'hid' },
    { what: 'empty lists', fields: { tools: [], models: [], provides: [] }, gone: 'tools' },
  ])('leaves nothing of $what', async ({ fields, gone }) => {
    const nest = await startNest();
    await nest.forager({ hive: 'bee', ...fields });
    const [entry] = await entriesOf(nest, 'bee');
    expect(entry).not.toHaveProperty(gone);
  });

  test.each([
    [`fbee_${'A'.repeat(64)}`, hidOf('a')],
    [`wbee_${'0123456789ab'}`, `wbee_0123456789ab${'0'.repeat(52)}`],
    ['c'.repeat(64), `humd_${'c'.repeat(64)}`],
  ])('has its hid %s written as %s', async (hid, written) => {
    const nest = await startNest();
    await nest.forager({ hive: 'bee', hid });
    expect(await entriesOf(nest, 'bee')).toMatchObject([{ hid: written }]);
  });
});

describe('one manifest for each hid', () => {
  test('takes what the older link listed: its entry, its tools and the way of its calls', async () => {
    const nest = await startNest();
    const older = await nest.forager({ hive: 'older', hid: hidOf('a'), tools: [tool('old')] });
    const newer = await nest.forager({ hive: 'newer', hid: hidOf('a'), tools: [tool('new')] });
    expect(Object.values(await nest.bees()).map(({ name }) => name)).toEqual(['newer']);
    const { worker, prompted } = await startBareWorker(nest);
    older.prompt('s', 'hi', { modelId: 'm' });
    expect(await prompted('s')).toMatchObject({ foragerTools: [tool('new')] });
    // No way back is noted for a call of a tool that is not listed: it goes to the bee that prompted.
    worker.send({ chi: 'tool-call', sid: 's', callId: 'c', toolName: 'old', args: {} });
    expect(await older.next(is('tool-call'))).toMatchObject({ from: 'daemon', callId: 'c' });
    older.send({ chi: 'tool-result', sid: 's', callId: 'c', output: 'lost' });
    await settle(older, worker);
    expect(countOf(worker, is('tool-result'))).toBe(0);
    await newer.close();
    await expect.poll(async () => (await entriesOf(nest, 'newer')).length).toBe(0);
    expect(await entriesOf(nest, 'older')).toEqual([]);
  });

  test('takes the turns of an older worker, which is heard no more', async () => {
    const nest = await startNest();
    const { worker: older, prompted } = await startBareWorker(nest, { hid: `wbee_${'a'.repeat(64)}` });
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'm' });
    await prompted('s');
    older.send({ chi: 'chunk', sid: 's', delta: 'one' });
    await forager.next(({ delta }) => delta === 'one');
    const newer = await startBareWorker(nest, { hid: `wbee_${'a'.repeat(64)}` });
    older.send({ chi: 'chunk', sid: 's', delta: 'two' });
    await settle(older, forager);
    expect(countOf(forager, ({ delta }) => delta === 'two')).toBe(0);
    forager.prompt('t', 'hi', { modelId: 'm' });
    await newer.prompted('t');
  });
});

describe('several bees for one thing', () => {
  /** Which of two bees, by the order of their hellos, is chosen in each of some daemons. */
  async function choices(choose: (nest: Nest) => Promise<string>): Promise<ReadonlySet<string>> {
    const chosen = await Promise.all(Array.from({ length: 24 }, async () => choose(await startNest())));
    return new Set(chosen);
  }

  test('of several workers of a model any one is asked, and the same one again', async () => {
    const chosen = await choices(async (nest) => {
      const bees = [await startBareWorker(nest), await startBareWorker(nest)];
      const forager = await nest.forager();
      const ask = async (sid: string) => {
        forager.prompt(sid, 'hi', { modelId: 'm' });
        return Promise.race(bees.map(({ prompted }, index) => prompted(sid).then(() => String(index))));
      };
      const first = await ask('s');
      expect(await ask('t')).toBe(first);
      return first;
    });
    expect(chosen).toEqual(new Set(['0', '1']));
  });

  test('of several foragers that list a tool any one is called', async () => {
    const chosen = await choices(async (nest) => {
      const owners = [await nest.forager({ tools: [tool('t')] }), await nest.forager({ tools: [tool('t')] })];
      const caller = await nest.forager();
      caller.send({ chi: 'tool-call', sid: 's', callId: 'c', toolName: 't' });
      return Promise.race(
        owners.map((owner, index) => owner.next(is('tool-call')).then(() => String(index))),
      );
    });
    expect(chosen).toEqual(new Set(['0', '1']));
  });
});

describe('what humd adds to a prompt', () => {
  test('is what foragers list and provide, not what workers do, in place of the prompt’s own', async () => {
    const nest = await startNest();
    const { prompted } = await startBareWorker(nest, {
      tools: [tool('of-a-worker')],
      provides: ['accepts:messages'],
    });
    await nest.forager({ tools: [tool('of-a-forager')], provides: ['web', 'session'] });
    const forager = await nest.forager({ provides: ['session'] });
    forager.prompt('s', 'hi', { modelId: 'm', foragerTools: [tool('own')], provided: ['own'] });
    expect(await prompted('s')).toMatchObject({
      foragerTools: [tool('of-a-forager')],
      provided: ['session', 'web'],
    });
    expect(await entriesOf(nest, 'bare')).toMatchObject([
      { tools: [tool('of-a-worker')], provides: ['accepts:messages'] },
    ]);
  });

  test('denies what a capability stands for, with what the prompt denies', async () => {
    const nest = await startNest();
    const { prompted } = await startBareWorker(nest);
    const forager = await nest.forager({ provides: ['fs'] });
    forager.prompt('s', 'hi', {
      modelId: 'm',
      disallowedTools: ['Task', 7, 'Bash'],
      allowedTools: ['b', 'a'],
    });
    expect(await prompted('s')).toMatchObject({
      disallowedTools: ['Bash', 'Edit', 'Glob', 'Grep', 'MultiEdit', 'Read', 'Task', 'Write'],
      allowedTools: ['b', 'a'],
    });
  });

  test('leaves all other fields as they are, an explicit null among them', async () => {
    const nest = await startNest();
    const { prompted } = await startBareWorker(nest);
    const forager = await nest.forager();
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }];
    const own = { messages, ext: { a: 1 }, mcpUrl: 'http://x', disallowedTools: 'none', resume: null };
    forager.prompt('s', 'hi', { modelId: 'm', cwd: null, content: null, text: 'hi', ...own });
    expect(await prompted('s')).toMatchObject({ cwd: null, content: null, text: 'hi', ...own });
  });

  test('comes with its keys sorted at every level', async () => {
    const nest = await startNest();
    const { worker, prompted } = await startBareWorker(nest);
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'm', zz: { b: [{ d: 1, c: 2 }], a: 3 }, cwd: '/' });
    await prompted('s');
    const line = worker.lines.find((text) => text.includes('"prompt"'));
    expect(line).toContain('"zz":{"a":3,"b":[{"c":2,"d":1}]}}');
    expect(line).toMatch(/^\{"chi":"prompt","content":"hi","cwd":"\/",/);
  });
});

describe('tones of a sid', () => {
  test('are marked, and a routed call is not', async () => {
    const nest = await startNest();
    const { worker, prompted } = await startBareWorker(nest);
    const owner = await nest.forager({ tools: [tool('listed')] });
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'm' });
    await prompted('s');
    worker.send({ chi: 'tool-call', from: 'bare', sid: 's', callId: 'a', toolName: 'listed' });
    expect(await owner.next(is('tool-call'))).toEqual({
      callId: 'a',
      chi: 'tool-call',
      from: 'bare',
      sid: 's',
      toolName: 'listed',
    });
    worker.send({ chi: 'chunk', from: 'bare', sid: 's', delta: 'x' });
    expect(await forager.next(is('chunk'))).toMatchObject({
      from: 'daemon',
      sigil: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    worker.send({ chi: 'chunk', sid: 's', delta: 'y', sigil: 'own' });
    expect(await forager.next(is('chunk'))).toMatchObject({ sigil: 'own' });
  });

  test('that nobody has claimed go to every link that has claimed nothing', async () => {
    const nest = await startNest();
    const { worker, prompted } = await startBareWorker(nest);
    const bystander = await nest.forager();
    const other = await nest.forager();
    const owner = await nest.forager();
    for (const [link, sid] of [
      [other, 'other'],
      [owner, 's'],
    ] as const) {
      link.prompt(sid, 'hi', { modelId: 'm' });
      await prompted(sid);
    }
    worker.send({ chi: 'chunk', sid: 's', delta: 'claimed' });
    await owner.next(is('chunk', 's'));
    await owner.close();
    await expect.poll(() => nest.daemon.connections).toBe(3);
    worker.send({ chi: 'chunk', sid: 's', delta: 'left behind' });
    expect(await bystander.next(is('chunk', 's'))).toMatchObject({ delta: 'left behind' });
    await settle(other);
    expect(countOf(bystander, is('chunk'))).toBe(1);
    expect(countOf(other, is('chunk'))).toBe(0);
  });

  test('go to a link that attaches to it, from then on', async () => {
    const nest = await startNest();
    const { worker, prompted } = await startBareWorker(nest);
    const owner = await nest.forager();
    owner.prompt('s', 'hi', { modelId: 'm' });
    await prompted('s');
    const back = await nest.forager();
    await owner.close();
    back.send({ chi: 'attach', sid: 's' });
    await settle(back);
    const bystander = await nest.forager();
    worker.send({ chi: 'finish', sid: 's' });
    await back.next(is('finish', 's'));
    await settle(bystander);
    expect(countOf(bystander, is('finish'))).toBe(0);
  });
});

describe('calls of tools and their results', () => {
  async function startCall(listed: readonly string[], called: string) {
    const nest = await startNest();
    const { worker, prompted } = await startBareWorker(nest);
    const owner = await nest.forager({ tools: listed.map(tool), hid: hidOf('a') });
    const prompter = await nest.forager();
    prompter.prompt('s', 'hi', { modelId: 'm', tools: [tool('of-the-prompt')] });
    await prompted('s');
    worker.send({ chi: 'tool-call', sid: 's', callId: 'c', toolName: called, name: called, args: {} });
    return { nest, worker, owner, prompter };
  }

  const result = (output: string) => ({ chi: 'tool-result', sid: 's', callId: 'c', output, isError: false });

  test('find back once: whoever answers first, under whatever sid', async () => {
    const { nest, worker, owner } = await startCall(['listed'], 'listed');
    await owner.next(is('tool-call'));
    const stranger = await nest.forager();
    stranger.send({ ...result('of a stranger'), sid: 'another' });
    await settle(stranger);
    owner.send(result('too late'));
    await settle(owner, worker);
    const results = worker.tones.filter(is('tool-result'));
    expect(results.map(({ output }) => output)).toEqual(['of a stranger']);
  });

  test('are lost for a tool that only the prompt brought, and listing it afterwards does not help', async () => {
    const { worker, prompter } = await startCall([], 'of-the-prompt');
    await prompter.next(is('tool-call', 's'));
    prompter.send({ chi: 'hello', hive: 'bee', bee: ['forager'], tools: [tool('of-the-prompt')] });
    prompter.send({ ...result('lost'), rid: 'r' });
    expect(await prompter.next(({ rid }) => rid === 'r')).toMatchObject({ chi: 'echo', ok: true });
    await settle(worker);
    expect(countOf(worker, is('tool-result'))).toBe(0);
  });

  test('survive a new link of the bee that was called', async () => {
    const { nest, worker, owner } = await startCall(['listed'], 'listed');
    await owner.next(is('tool-call'));
    await owner.close();
    const again = await nest.forager({ tools: [tool('listed')], hid: hidOf('a') });
    again.send(result('after all'));
    expect(await worker.next(is('tool-result'))).toMatchObject({ output: 'after all' });
  });

  test('of a forager go to the bee that lists the tool, and the result comes back', async () => {
    const nest = await startNest();
    const owner = await nest.forager({ tools: [tool('listed')] });
    const caller = await nest.forager();
    caller.send({ chi: 'tool-call', rid: 'r', sid: 's', callId: 'c', name: 'listed', args: { a: 1 } });
    expect(await owner.next(is('tool-call'))).toEqual({
      args: { a: 1 },
      callId: 'c',
      chi: 'tool-call',
      name: 'listed',
      rid: 'r',
      sid: 's',
    });
    owner.send({ chi: 'tool-result', rid: 'q', sid: 's', callId: 'c', output: 'done' });
    expect(await caller.next(is('tool-result'))).toEqual({
      callId: 'c',
      chi: 'tool-result',
      output: 'done',
      rid: 'q',
      sid: 's',
    });
  });

  test('do not go to a worker that is no forager, whatever it lists', async () => {
    const nest = await startNest();
    const { worker } = await startBareWorker(nest, { tools: [tool('of-a-worker')] });
    const both = await nest.forager({ bee: ['worker', 'forager'], tools: [tool('of-both')] });
    const caller = await nest.forager();
    for (const toolName of ['of-a-worker', 'of-both'])
      caller.send({ chi: 'tool-call', sid: 's', callId: toolName, toolName });
    await both.next(is('tool-call'));
    await settle(worker);
    expect(countOf(worker, is('tool-call'))).toBe(0);
  });

  test('answered with an error by a forager come back, and the way stays for the result', async () => {
    const { worker, owner } = await startCall(['listed'], 'listed');
    await owner.next(is('tool-call'));
    owner.send({ chi: 'error', sid: 's', callId: 'c', message: 'pay first' });
    expect(await worker.next(is('error'))).toMatchObject({ message: 'pay first' });
    owner.send(result('paid'));
    expect(await worker.next(is('tool-result'))).toMatchObject({ output: 'paid' });
  });

  test('leave no way back once the bee that called is gone', async () => {
    const nest = await startNest();
    const owner = await nest.forager({ tools: [tool('listed')] });
    const caller = await nest.forager();
    caller.send({ chi: 'tool-call', sid: 's', callId: 'c', toolName: 'listed' });
    await owner.next(is('tool-call'));
    await caller.close();
    await expect.poll(() => nest.daemon.connections).toBe(1);
    const other = await nest.forager();
    owner.send(result('for nobody'));
    await settle(owner, other);
    expect(countOf(other, is('tool-result'))).toBe(0);
  });
});
