/** The test bee against raw tones: each rule of hum's claude worker as a forager meets it behind the embedded daemon. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DaemonOptions } from '../../src/daemon/daemon.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import type { Dialled } from '../daemon/dial.js';
import { startNest } from '../daemon/nest.js';
import { temporaryFolder } from '../temporary-folder.js';
import { API_ERRORS, NO_DETAIL } from './api-errors.js';
import { CLAUDE_MODELS, type ClaudeBee, type ClaudeBeeOptions, startClaudeBee } from './claude-bee.js';
import { startClaudeRepl } from './claude-repl.js';
import { toSessionId } from './disk.js';
import { claude, readPrompt, readScript } from './script.js';
import { startClaudeWorld } from './world.js';

const HAIKU = 'claude-haiku-4-5';

interface Setup {
  readonly bee: ClaudeBee;
  /** A forager without tools. */
  readonly forager: Dialled;
  /** Another forager, with tools of its own if it is given any. */
  another(...tools: readonly string[]): Promise<Dialled>;
  bees(): Promise<Record<string, Record<string, unknown>>>;
  /** Starts another bee on the same daemon. */
  startBee(options?: Partial<ClaudeBeeOptions>): Promise<ClaudeBee>;
}

async function setUp(
  options: Partial<ClaudeBeeOptions> = {},
  daemon: Partial<DaemonOptions> = {},
): Promise<Setup> {
  const nest = await startNest(daemon);
  const startBee = async (more: Partial<ClaudeBeeOptions> = {}) => {
    const bee = await startClaudeBee({ socketPath: nest.daemon.socketPath, ...more });
    onTestFinished(() => bee.close());
    return bee;
  };
  return {
    bee: await startBee(options),
    forager: await nest.forager({ provides: ['session'] }),
    another: (...tools) => nest.forager({ from: 'other', hive: 'other', tools: tools.map(toTool) }),
    bees: nest.bees,
    startBee,
  };
}

function toTool(name: string) {
  return { name, description: `${name}!`, inputSchema: { type: 'object', properties: {} } };
}

interface Turn {
  /** Its tones without echoes, in order, ending with `finish` or `error`. */
  readonly tones: readonly Tone[];
  readonly end: Tone;
  readonly text: string;
  /** The chunk types and other chis, runs of the same one once. */
  readonly kinds: readonly string[];
}

async function ask(
  forager: Dialled,
  sid: string,
  content: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Turn> {
  const from = forager.tones.length;
  forager.prompt(sid, content, { modelId: HAIKU, ...fields });
  return turnEnd(forager, sid, from);
}

/** @param from how many tones had come before the turn */
async function turnEnd(forager: Dialled, sid: string, from: number): Promise<Turn> {
  const end = await forager.next((tone) => tone.sid === sid && isEnd(tone));
  const all = forager.tones.slice(from).filter((tone) => tone.sid === sid && tone.chi !== 'echo');
  const tones = all.slice(0, all.indexOf(end) + 1);
  return { tones, end, text: toText(tones), kinds: toKinds(tones) };
}

function isEnd({ chi }: Tone): boolean {
  return chi === 'finish' || chi === 'error';
}

/** For what becomes true by itself. */
function soon<T>(look: () => T | Promise<T>) {
  return expect.poll(look, { interval: 5 });
}

const is =
  (chi: string, sid?: string) =>
  (tone: Tone): boolean =>
    (tone.chi === chi || tone['chunkType'] === chi) && (sid === undefined || tone.sid === sid);

function toText(tones: readonly Tone[]): string {
  return tones
    .filter(is('text_delta'))
    .map(({ delta }) => delta)
    .join('');
}

function toKinds(tones: readonly Tone[]): string[] {
  return tones
    .map(({ chi, chunkType }) => String(chunkType ?? chi))
    .filter((kind, index, all) => kind !== all[index - 1]);
}

async function describeTurn(
  forager: Dialled,
  sid: string,
  content = 'hi',
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, unknown>> {
  return JSON.parse((await ask(forager, sid, content, fields)).text);
}

/** Waits until all that was sent has reached the worker and what it says has come back. */
async function settle({ bee }: Setup, forager: Dialled): Promise<void> {
  const rid = `settle-${bee.heard.length}`;
  forager.send({ chi: 'cleanup', rid, sid: 'nobody' });
  await soon(() => bee.heard.some((tone) => tone.rid === rid)).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  await forager.settle();
}

function answer(call: Tone, output: string, fields: Readonly<Record<string, unknown>> = {}): Tone {
  const { sid, callId, toolName } = call;
  return { chi: 'tool-result', rid: `r-${String(callId)}`, sid, callId, toolName, output, ...fields };
}

describe('the script', () => {
  test('is found in the last user message of a transcript, with the results behind it', () => {
    const transcript = (last: string) =>
      `The conversation so far.\n\n<turn role="user">\n${claude({ text: 'old' })}\n</turn>\n<turn role="assistant">\nold\n</turn>\n${last}`;
    expect(readPrompt(transcript('\nwhat now?'))).toEqual({ message: 'what now?', results: [] });
    const calls = claude({ tool: { name: 'a' } });
    expect(
      readPrompt(
        transcript(
          `<turn role="user">\n${calls}\n</turn>\n<turn role="assistant">\n<turn-call name="a">{}</turn-call>\n</turn>\n<turn role="tool" id="x" name="a">\none\n</turn>\n<turn role="tool">\n</turn>\n`,
        ),
      ),
    ).toEqual({ message: calls, results: ['one', ''] });
  });

  test('ends where its object ends, and one that cannot be read says so', () => {
    expect(readScript(`please ${claude({ text: '} "' })} and more {`)?.steps).toMatchObject([
      { text: '} "' },
    ]);
    expect(readScript('@claude {"steps":[{"sing":true}]}')?.steps).toMatchObject([
      { text: expect.stringContaining('bad script') },
    ]);
    expect(readScript('plain')).toBeUndefined();
  });
});

describe('the bee on the mesh', () => {
  test('lists the models of the worker, greets without a rid and keeps no tools', async () => {
    const { bees, bee } = await setUp();
    const entry = Object.values(await bees()).find(({ name }) => name === 'claude-cli');
    expect(entry).toMatchObject({
      bee: ['worker'],
      hid: bee.hid,
      models: CLAUDE_MODELS,
      propensity: { statefulness: 'stateful_session', wire: 'claude-cli' },
      version: '0.31.18',
    });
    expect(entry).not.toHaveProperty('tools');
    expect(entry).not.toHaveProperty('provides');
  });

  test('describes what reached it where the prompt has no script', async () => {
    const { forager } = await setUp();
    const cwd = temporaryFolder();
    const fields = {
      systemPrompt: 'Be terse.',
      disallowedTools: ['Bash', 'Read'],
      cwd,
      modelId: 'claude-opus-4-7',
    };
    expect(await describeTurn(forager, 's', 'hello there', fields)).toEqual({
      model: 'claude-opus-4-7',
      session: toSessionId('s'),
      pid: expect.any(Number),
      newProcess: true,
      how: 'session-id',
      users: 1,
      system: 'Be terse.',
      disallowedTools: ['Bash', 'Read'],
      cwd,
      tools: [],
      characters: 11,
      text: 'hello there',
    });
  });

  test('a worker that comes back has its hid and its sessions', async () => {
    const { bee, forager, startBee } = await setUp();
    await ask(forager, 's', 'one');
    bee.kill();
    await bee.closed;
    const again = await startBee({ hid: bee.hid, disk: bee.disk });
    expect(await describeTurn(forager, 's')).toMatchObject({ how: 'resume', users: 2, newProcess: true });
    expect(again.starts).toHaveLength(1);
  });
});

describe('sessions and processes', () => {
  test('the session of a sid is the uuid5 of the sid', async () => {
    expect(toSessionId('s')).toBe('4f796dd1-0f17-5a77-9cd8-ea8c7f34a0a3');
    expect(toSessionId('hum-ü')).toBe('76a2bb4a-e0b6-5484-b0b2-725ff0b4b9c0');
    const { forager } = await setUp();
    const { tones } = await ask(forager, 's', 'hi');
    expect(tones[0]).toMatchObject({ chi: 'session-ready', nestId: toSessionId('s'), model: HAIKU });
  });

  test('a new sid takes two starts, the first of which fails', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 's', 'hi');
    expect(bee.starts.map(({ how }) => how)).toEqual(['resume', 'session-id']);
    expect(bee.processes.map(({ state, exitCode }) => [state, exitCode])).toEqual([
      ['ended', 1],
      ['idle', undefined],
    ]);
  });

  test('a sid that comes again goes on in its process, which says session-ready each time', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 's', 'one');
    const { tones, text } = await ask(forager, 's', 'two');
    expect(tones[0]?.chi).toBe('session-ready');
    expect(JSON.parse(text)).toMatchObject({ users: 2, newProcess: false, text: 'two' });
    expect(bee.starts).toHaveLength(2);
  });

  test('a warm process takes only the text: model, system, folder, denials and resume are ignored', async () => {
    const { forager } = await setUp();
    const first = await describeTurn(forager, 's', 'one', { systemPrompt: 'A', disallowedTools: ['Bash'] });
    const { tones, text } = await ask(forager, 's', 'two', {
      modelId: 'claude-opus-4-7',
      systemPrompt: 'B',
      disallowedTools: ['Read'],
      cwd: '/nowhere',
      resume: toSessionId('other'),
    });
    expect(JSON.parse(text)).toEqual({ ...first, users: 2, newProcess: false, characters: 3, text: 'two' });
    expect(tones[0]).toMatchObject({ nestId: toSessionId('s'), model: HAIKU });
  });

  test('a cold sid is resumed from disk in one start', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 's', 'one');
    bee.letGo('s');
    await soon(() => bee.process('s').state).toBe('ended');
    expect(await describeTurn(forager, 's', 'two', { systemPrompt: 'new' })).toMatchObject({
      how: 'resume',
      users: 2,
      system: 'new',
      newProcess: true,
    });
    expect(bee.starts).toHaveLength(3);
  });

  test('resume of a session on disk takes one start and tells its id', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 'old', 'one');
    const { tones, text } = await ask(forager, 'fresh', 'two', { resume: toSessionId('old') });
    expect(tones[0]).toMatchObject({ nestId: toSessionId('old') });
    expect(JSON.parse(text)).toMatchObject({ users: 2 });
    expect(bee.starts).toHaveLength(3);
  });

  test('resume of a session that is not on disk begins an empty one in silence', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 'old', 'one');
    bee.disk.forget(toSessionId('old'));
    const { tones, text, end } = await ask(forager, 'fresh', 'two', { resume: toSessionId('old') });
    expect(tones[0]).toMatchObject({ nestId: toSessionId('fresh') });
    expect(JSON.parse(text)).toMatchObject({ users: 1 });
    expect(end.chi).toBe('finish');
  });

  test('a sid that was resumed under another id goes back to its own once its process is gone', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 'old', 'one');
    await ask(forager, 'fresh', 'two', { resume: toSessionId('old') });
    bee.letGo('fresh');
    await soon(() => bee.process('fresh').state).toBe('ended');
    expect(await describeTurn(forager, 'fresh')).toMatchObject({ session: toSessionId('fresh'), users: 1 });
  });

  test('a cold sid in another folder begins an empty session under the same id', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 's', 'one', { cwd: '/' });
    bee.letGo('s');
    await soon(() => bee.process('s').state).toBe('ended');
    const { tones, text } = await ask(forager, 's', 'two', { cwd: temporaryFolder() });
    expect(tones[0]).toMatchObject({ nestId: toSessionId('s') });
    expect(JSON.parse(text)).toMatchObject({ users: 1 });
  });

  test('of two prompts at once on a fresh sid one is lost in silence', async () => {
    const setup = await setUp();
    const { bee, forager } = setup;
    bee.hold('start');
    forager.prompt('s', 'one', { modelId: HAIKU });
    forager.prompt('s', 'two', { modelId: HAIKU });
    await soon(() => bee.starts).toHaveLength(2);
    bee.release('start');
    await soon(() => bee.starts).toHaveLength(4);
    await settle(setup, forager);
    expect(forager.tones.filter(isEnd)).toHaveLength(1);
    expect(bee.processes.map(({ state }) => state)).toEqual(['ended', 'ended', 'idle', 'ended']);
  });
});

describe('starts that fail say nothing', () => {
  const MAX = 131_071;
  const missing = '/nowhere/at/all';
  const long = ['x'.repeat(MAX - 1), 'y'];

  test.each([
    ['system text of 131,072 bytes', { systemPrompt: 'ü'.repeat(MAX / 2 + 0.5) }],
    ['system text with a NUL', { systemPrompt: 'a\0b' }],
    ['a deny list of 131,072 bytes', { disallowedTools: long }],
    ['an allow list of 131,072 bytes', { allowedTools: long }],
    ['a folder that is not there', { cwd: missing }],
    ['a folder of no name', { cwd: '' }],
    ['a folder with a tilde', { cwd: '~' }],
    ['a URI in place of a folder', { cwd: 'hum://host/tmp' }],
    ['a file in place of a folder', { cwd: import.meta.filename }],
  ])('%s', async (_name, fields) => {
    const setup = await setUp();
    const { bee, forager } = setup;
    forager.prompt('s', 'hi', { modelId: HAIKU, ...fields });
    await settle(setup, forager);
    expect(bee.prompts).toHaveLength(1);
    expect(forager.tones.some(({ sid }) => sid === 's')).toBe(false);
    expect(bee.starts).toEqual([]);
  });

  test('system text of 131,071 bytes is not too long', async () => {
    const { forager } = await setUp();
    const { end } = await ask(forager, 's', claude({ text: 'ok' }), { systemPrompt: 'x'.repeat(MAX) });
    expect(end.chi).toBe('finish');
  });

  test('a CLI that crashes: two starts, no tone', async () => {
    const setup = await setUp({ startFails: true });
    const { bee, forager } = setup;
    forager.prompt('s', 'hi', { modelId: HAIKU });
    await soon(() => bee.processes.map(({ state }) => state)).toEqual(['ended', 'ended']);
    await settle(setup, forager);
    expect(forager.tones.some(({ sid }) => sid === 's')).toBe(false);
    bee.behave({ startFails: false });
    expect((await ask(forager, 's', 'again')).end.chi).toBe('finish');
  });

  test('a bad resume on a cold sid that is on disk', async () => {
    const setup = await setUp();
    const { bee, forager } = setup;
    await ask(forager, 's', 'one');
    bee.letGo('s');
    await soon(() => bee.process('s').state).toBe('ended');
    const before = forager.tones.length;
    forager.prompt('s', 'two', { modelId: HAIKU, resume: toSessionId('never') });
    await soon(() => bee.processes.map(({ state }) => state)).toEqual(Array(4).fill('ended'));
    await settle(setup, forager);
    expect(forager.tones.slice(before).some(({ sid }) => sid === 's')).toBe(false);
    expect(await describeTurn(forager, 's', 'three')).toMatchObject({ how: 'resume', users: 2 });
  });
});

describe('the tool catalogue', () => {
  test('is that of the mesh, then that of the prompt', async () => {
    const { bee, forager, another } = await setUp();
    await another('mesh_b', 'mesh_a');
    await ask(forager, 's', 'hi', { tools: [toTool('own')] });
    expect(bee.tools('s')).toEqual(['mesh_b', 'mesh_a', 'own']);
  });

  test('is one for all: of prompts at once all list the tools of the last', async () => {
    const setup = await setUp();
    const { bee, forager } = setup;
    bee.hold('start');
    for (const name of ['one', 'two', 'three']) {
      forager.prompt(name, 'hi', { modelId: HAIKU, tools: [toTool(name)] });
    }
    await settle(setup, forager);
    bee.release('start');
    for (const sid of ['one', 'two', 'three']) await forager.next(is('session-ready', sid));
    expect(['one', 'two', 'three'].map(bee.tools)).toEqual([['three'], ['three'], ['three']]);
  });

  test('stays as it is with a prompt that brings no tools, names included that are gone', async () => {
    const { bee, bees, forager, another } = await setUp();
    const other = await another('gone');
    await ask(forager, 'one', 'hi', { tools: [toTool('a')] });
    await other.close();
    await soon(async () => Object.keys(await bees())).toHaveLength(2);
    await ask(forager, 'two', 'hi');
    expect(bee.tools('two')).toEqual(['gone', 'a']);
  });

  test('is listed once, at the start of a process', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 's', 'hi', { tools: [toTool('a')] });
    const { tones } = await ask(forager, 's', 'again', { tools: [toTool('b')] });
    expect(tones[0]?.['tools']).toContain('mcp__hum__a');
    expect(bee.tools('s')).toEqual(['a']);
    await ask(forager, 'other', 'hi');
    expect(bee.tools('other')).toEqual(['b']);
  });

  test('changes with a hello only at the next prompt', async () => {
    const { bee, forager, another } = await setUp();
    await ask(forager, 'one', 'hi', { tools: [toTool('a')] });
    await another('later');
    await ask(forager, 'two', 'hi');
    expect(bee.tools('two')).toEqual(['later']);
  });

  test('a name that stands twice is refused by the API', async () => {
    const { forager, another } = await setUp();
    await another('same');
    const { end, kinds } = await ask(forager, 's', claude({ text: 'no' }), { tools: [toTool('same')] });
    expect(kinds).toEqual(['session-ready', 'error']);
    expect(end).toMatchObject({ code: 'worker_error', message: API_ERRORS.namesNotUnique });
    expect(API_ERRORS.namesNotUnique).toContain('tools: Tool names must be unique');
  });

  test('one schema without the type object loses the whole list', async () => {
    const { bee, forager } = await setUp();
    const bad = { name: 'bad', description: '', inputSchema: {} };
    const { tones } = await ask(forager, 's', 'hi', { tools: [toTool('good'), bad] });
    expect(bee.tools('s')).toEqual([]);
    expect(tones[0]?.['tools']).not.toContain('mcp__hum__good');
  });

  test('parameters are the schema of a tool that has no inputSchema', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 's', 'hi', { tools: [toTool('good'), { name: 'old', parameters: {} }] });
    expect(bee.tools('s')).toEqual([]);
  });

  test('a schema that is missing, null or text becomes an empty one; an entry without a name goes', async () => {
    const { bee, forager } = await setUp();
    const tools = [
      { name: 'missing' },
      { name: 'null', inputSchema: null },
      { name: 'text', inputSchema: 'x' },
      { name: 'old', parameters: { type: 'object' } },
      { description: 'nameless' },
    ];
    await ask(forager, 's', 'hi', { tools });
    expect(bee.tools('s')).toEqual(['missing', 'null', 'text', 'old']);
  });

  test("names of the file system's tools are stripped from a prompt where a bee provides fs, not from a hello", async () => {
    const { bee, forager } = await setUp();
    const tools = ['READ', 'multiedit', 'kept'].map(toTool);
    await ask(forager, 'before', 'hi', { tools });
    expect(bee.tools('before')).toEqual(['READ', 'multiedit', 'kept']);
    await forager.hello({ provides: ['fs'], tools: [toTool('read')] });
    await ask(forager, 'after', 'hi', { tools });
    expect(bee.tools('after')).toEqual(['read', 'kept']);
  });

  test.each(['with space', 'a/b', 'ü'])('a sid that is not safe in a URL has no tools: %s', async (sid) => {
    const { bee, forager } = await setUp();
    await ask(forager, sid, 'hi', { tools: [toTool('a')] });
    expect(bee.tools(sid)).toEqual([]);
  });
});

describe('session-ready', () => {
  test("names the CLI's own tools and those of the mesh, without the denied ones", async () => {
    const { bee, forager } = await setUp({ ownTools: ['Bash', 'Read', 'Skill'] });
    const { tones } = await ask(forager, 's', 'hi', {
      tools: [toTool('a'), toTool('b')],
      disallowedTools: ['Bash', 'mcp__hum__a', 'b'],
    });
    expect(tones[0]).toEqual({
      chi: 'session-ready',
      from: 'daemon',
      model: HAIKU,
      nestId: toSessionId('s'),
      sid: 's',
      sigil: expect.any(String),
      tools: ['Read', 'Skill', 'mcp__hum__b'],
    });
    expect(bee.tools('s')).toEqual(['b']);
  });

  test('mcp__hum denies all of the mesh', async () => {
    const { bee, forager } = await setUp();
    await ask(forager, 's', 'hi', { tools: [toTool('a')], disallowedTools: ['mcp__hum'] });
    expect(bee.tools('s')).toEqual([]);
  });

  test('what is denied stays denied for the life of the process', async () => {
    const { forager } = await setUp();
    await ask(forager, 's', 'hi', { disallowedTools: ['Bash'] });
    const { tones } = await ask(forager, 's', 'hi', { disallowedTools: [] });
    expect(tones[0]?.['tools']).not.toContain('Bash');
    expect(tones[0]?.['tools']).toContain('Read');
  });

  test('with lateMcp the first names no tool of the mesh, though the process has them a moment later', async () => {
    const { bee, forager } = await setUp({ lateMcp: true });
    const fields = { tools: [toTool('a')] };
    const { tones, end } = await ask(forager, 's', claude({ text: 'ok' }), fields);
    expect(tones[0]?.['tools']).not.toContain('mcp__hum__a');
    expect(end.chi).toBe('finish');
    expect(bee.tools('s')).toEqual(['a']);
    const second = await ask(forager, 's', claude({ text: 'ok' }), fields);
    expect(second.tones[0]?.['tools']).toContain('mcp__hum__a');
  });

  test('with lateMcp held, the catalogue of a later prompt is listed', async () => {
    const { bee, forager } = await setUp({ lateMcp: true });
    bee.hold('mcp');
    forager.prompt('one', 'hi', { modelId: HAIKU, tools: [toTool('a')] });
    await forager.next(is('session-ready', 'one'));
    forager.prompt('two', 'hi', { modelId: HAIKU, tools: [toTool('b')] });
    await forager.next(is('session-ready', 'two'));
    bee.release('mcp');
    await forager.next(is('finish', 'one'));
    expect(bee.tools('one')).toEqual(['b']);
  });
});

describe('calls', () => {
  const lookUp = claude(
    { text: 'Let me see.' },
    { tool: { name: 'look', input: { b: 1, a: 2 } } },
    { say_results: true },
  );

  test('a listed tool is called at the bee that lists it, and its result goes on', async () => {
    const { bee, forager, another } = await setUp();
    const owner = await another('look');
    const from = forager.tones.length;
    forager.prompt('s', lookUp, { modelId: HAIKU });
    const call = await owner.next(is('tool-call'));
    expect(call).toEqual({
      chi: 'tool-call',
      sid: 's',
      callId: expect.stringMatching(/^call-[0-9a-z]+-[0-9a-z]+$/),
      toolName: 'look',
      name: 'look',
      args: { a: 2, b: 1 },
    });
    expect(bee.process('s').state).toBe('parked');
    owner.send(answer(call, 'found'));
    const turn = await turnEnd(forager, 's', from);
    expect(turn.text).toBe('Let me see.RESULTS ["found"]');
    expect(turn.kinds).toEqual([
      'session-ready',
      'text_start',
      'text_delta',
      'content_block_stop',
      'tool_executed',
      'text_start',
      'text_delta',
      'content_block_stop',
      'finish',
    ]);
    expect(turn.tones.find(is('tool_executed'))).toMatchObject({
      callId: call['callId'],
      toolName: 'look',
      arguments: { a: 2, b: 1 },
      output: 'found',
      isError: false,
    });
  });

  test('a tool that only the prompt declared is called at the sender, and no result reaches it', async () => {
    const setup = await setUp({ parkedMs: 50 });
    const { bee, forager } = setup;
    const from = forager.tones.length;
    forager.prompt('s', lookUp, { modelId: HAIKU, tools: [toTool('look')] });
    forager.send(answer(await forager.next(is('tool-call')), 'lost'));
    const { kinds, text } = await turnEnd(forager, 's', from);
    expect(kinds).not.toContain('tool_executed');
    expect(text).toMatch(/RESULTS \["MCP error tool-result for callId call-\S+ timed out"\]$/);
    expect(bee.process('s').answers).toMatchObject([{ isError: true }]);
  });

  test('a call that is given up fails after its time, and the process goes on by itself', async () => {
    const { bee, forager } = await setUp({ parkedMs: 20 });
    const script = claude(
      { tool: { name: 'look' } },
      { builtin: { name: 'Bash', input: { command: 'id' } } },
      { text: 'done' },
    );
    const { text } = await ask(forager, 's', script, { tools: [toTool('look')] });
    expect(text).toBe('done');
    expect(bee.process('s').ran).toEqual([{ name: 'Bash', input: { command: 'id' } }]);
  });

  test('calls of one message come one after the other', async () => {
    const { forager, another } = await setUp();
    const owner = await another('a', 'b');
    forager.prompt('s', claude({ tools: [{ name: 'a' }, { name: 'b' }] }, { say_results: true }), {
      modelId: HAIKU,
    });
    const first = await owner.next(is('tool-call'));
    await owner.settle();
    expect(owner.tones.filter(is('tool-call'))).toHaveLength(1);
    owner.send(answer(first, 'one'));
    const second = await owner.next(is('tool-call'));
    expect(second).toMatchObject({ toolName: 'b' });
    owner.send(answer(second, 'two'));
    await forager.next(is('finish'));
    expect(toText(forager.tones)).toBe('RESULTS ["one","two"]');
  });

  test('concurrent ones come at once and are matched by callId alone, whatever the sid', async () => {
    const { forager, another } = await setUp();
    const owner = await another('a', 'b');
    const script = claude({ tools: [{ name: 'a' }, { name: 'b' }], concurrent: true }, { say_results: true });
    forager.prompt('s', script, { modelId: HAIKU });
    const first = await owner.next(is('tool-call'));
    const second = await owner.next(is('tool-call'));
    owner.send(answer(second, 'two', { sid: 'wrong' }));
    owner.send(answer(first, 'one', { sid: 'wrong' }));
    await forager.next(is('finish'));
    expect(toText(forager.tones)).toBe('RESULTS ["one","two"]');
  });

  test('an error result ends the wait; the model goes on and may call again', async () => {
    const { bee, forager, another } = await setUp();
    const owner = await another('look');
    forager.prompt('s', claude({ tool: { name: 'look' } }, { tool: { name: 'look' } }, { text: 'done' }), {
      modelId: HAIKU,
    });
    owner.send(answer(await owner.next(is('tool-call')), 'given up', { isError: true }));
    expect(await forager.next(is('tool_executed'))).toMatchObject({ isError: true });
    owner.send(answer(await owner.next(is('tool-call')), 'ok', { isError: 'true' }));
    await forager.next(is('finish'));
    expect(bee.process('s').answers).toEqual([
      { text: 'given up', isError: true },
      { text: 'ok', isError: false },
    ]);
  });

  test('the text of a result is output, else result, else content, and only if it is text', async () => {
    const { bee, forager, another } = await setUp();
    const owner = await another('look');
    forager.prompt('s', claude(...Array(5).fill({ tool: { name: 'look' } })), { modelId: HAIKU });
    for (const fields of [
      { output: 'o', result: 'r' },
      { result: 'r', content: 'c' },
      { content: 'c' },
      { output: null, result: 'r' },
      { output: '' },
    ]) {
      const call = await owner.next(is('tool-call'));
      owner.send({ chi: 'tool-result', rid: 'r', callId: call['callId'], ...fields });
    }
    await forager.next(is('finish'));
    expect(bee.process('s').answers.map(({ text }) => text)).toEqual([
      'o',
      'r',
      'c',
      '(no output)',
      '(no output)',
    ]);
  });

  test('an error tone with the callId is ignored', async () => {
    const setup = await setUp();
    const { bee, forager, another } = setup;
    const owner = await another('look');
    forager.prompt('s', lookUp, { modelId: HAIKU });
    const call = await owner.next(is('tool-call'));
    owner.send({ chi: 'error', rid: 'e', sid: 's', callId: call['callId'], message: 'no' });
    await settle(setup, owner);
    expect(bee.process('s').state).toBe('parked');
    owner.send(answer(call, 'found'));
    await forager.next(is('finish'));
  });

  test('a result with text in result that comes too late begins a turn that no prompt asked for', async () => {
    const { forager, another } = await setUp({ parkedMs: 20 });
    const owner = await another('look');
    forager.prompt('s', claude({ tool: { name: 'look' } }), { modelId: HAIKU });
    const call = await owner.next(is('tool-call'));
    await forager.next(is('finish'));
    const from = forager.tones.length;
    owner.send(answer(call, 'late', { result: 'late' }));
    expect((await turnEnd(forager, 's', from)).kinds[0]).toBe('session-ready');
  });

  test('a result with output alone that comes too late does nothing', async () => {
    const setup = await setUp({ parkedMs: 20 });
    const { forager, another } = setup;
    const owner = await another('look');
    forager.prompt('s', claude({ tool: { name: 'look' } }), { modelId: HAIKU });
    const call = await owner.next(is('tool-call'));
    await forager.next(is('finish'));
    const before = forager.tones.filter(({ sid }) => sid === 's').length;
    owner.send(answer(call, 'late'));
    await settle(setup, owner);
    await forager.settle();
    expect(forager.tones.filter(({ sid }) => sid === 's')).toHaveLength(before);
  });

  test('a call may overtake the text before it', async () => {
    const { forager } = await setUp({ callsOvertakeText: true, parkedMs: 5_000 });
    forager.prompt('s', claude({ text: 'one ', times: 40, chunk: 4 }, { tool: { name: 'look' } }), {
      modelId: HAIKU,
      tools: [toTool('look')],
    });
    await forager.next(is('content_block_stop', 's'));
    expect(toKinds(forager.tones.filter(({ sid }) => sid === 's'))).toEqual([
      'session-ready',
      'tool-call',
      'text_start',
      'text_delta',
      'content_block_stop',
    ]);
  });

  test('tool_executed may come behind the next text_start', async () => {
    const { forager, another } = await setUp();
    const owner = await another('look');
    const from = forager.tones.length;
    forager.prompt('s', claude({ tool: { name: 'look' }, executedLate: true }, { text: 'x' }), {
      modelId: HAIKU,
    });
    owner.send(answer(await owner.next(is('tool-call')), 'found'));
    expect((await turnEnd(forager, 's', from)).kinds.slice(0, 4)).toEqual([
      'session-ready',
      'text_start',
      'tool_executed',
      'text_delta',
    ]);
  });

  test('a tool that the process does not have, denied or unknown, is no call', async () => {
    const { bee, forager } = await setUp();
    const script = claude({ tool: { name: 'denied' } }, { tool: { name: 'unknown' } }, { text: 'done' });
    const fields = { tools: [toTool('denied')], disallowedTools: ['mcp__hum__denied'] };
    expect((await ask(forager, 's', script, fields)).kinds).not.toContain('tool-call');
    expect(bee.process('s').answers.map(({ isError }) => isError)).toEqual([true, true]);
  });

  test('a sid with a question mark: the call comes under the sid before it', async () => {
    const { forager } = await setUp();
    const tools = [toTool('look')];
    forager.prompt('a', claude({ text: 'x' }), { modelId: HAIKU });
    forager.prompt('a?b', claude({ tool: { name: 'look' } }), { modelId: HAIKU, tools });
    expect(await forager.next(is('tool-call'))).toMatchObject({ sid: 'a' });
  });

  test('calls whose results stand in the transcript are not made again', async () => {
    const { bee, forager } = await setUp();
    const script = claude(
      { text: 'first ' },
      { tool: { name: 'look' } },
      { text: 'second ' },
      { tool: { name: 'look' } },
      { say_results: true },
    );
    const transcript = `So far.\n\n<turn role="user">\n${script}\n</turn>\n<turn role="assistant">\nfirst \n<turn-call name="look">{}</turn-call>\n</turn>\n<turn role="tool" name="look">\none\n</turn>\n`;
    forager.prompt('s', transcript, { modelId: HAIKU, tools: [toTool('look')] });
    await forager.next(is('tool-call'));
    expect(toText(forager.tones)).toBe('second ');
    expect(bee.process('s').answers).toEqual([]);
  });
});

describe("the CLI's own tools", () => {
  test('run without a tone; the text behind them is a new message', async () => {
    const { bee, forager } = await setUp();
    const script = claude(
      { text: 'a' },
      { builtin: { name: 'Bash', input: { command: 'ls' } } },
      { text: 'b' },
    );
    const { tones, kinds } = await ask(forager, 's', script);
    expect(kinds).toEqual([
      'session-ready',
      'text_start',
      'text_delta',
      'content_block_stop',
      'text_start',
      'text_delta',
      'content_block_stop',
      'finish',
    ]);
    expect(tones.filter(is('text_start')).map(({ blockIdx }) => blockIdx)).toEqual([0, 0]);
    expect(bee.process('s').ran).toEqual([{ name: 'Bash', input: { command: 'ls' } }]);
  });

  test('do not run where they are denied', async () => {
    const { bee, forager } = await setUp();
    const script = claude({ builtin: { name: 'Bash' } }, { say_results: true });
    const { text } = await ask(forager, 's', script, { disallowedTools: ['Bash'] });
    expect(text).toContain('No such tool available: Bash');
    expect(bee.process('s').ran).toEqual([]);
  });
});

describe('what a turn says', () => {
  test('blocks are counted from 0 in each message; the blocks of calls are not seen', async () => {
    const { forager, another } = await setUp();
    const owner = await another('look');
    const script = claude(
      { think: 'hm' },
      { text: 'one' },
      { tool: { name: 'look' } },
      { text: 'two' },
      { text: 'three' },
      { message: true },
      { text: 'four' },
    );
    const from = forager.tones.length;
    forager.prompt('s', script, { modelId: HAIKU });
    owner.send(answer(await owner.next(is('tool-call')), 'x'));
    const { tones } = await turnEnd(forager, 's', from);
    const blocks = tones.filter((tone) => String(tone['chunkType']).endsWith('_start'));
    expect(blocks.map(({ chunkType, blockIdx }) => [chunkType, blockIdx])).toEqual([
      ['reasoning_start', 0],
      ['text_start', 1],
      ['text_start', 0],
      ['text_start', 1],
      ['text_start', 0],
    ]);
    expect(tones.find(is('reasoning_delta'))).toMatchObject({ delta: 'hm', blockIdx: 0 });
  });

  test('usage is the sum over all calls of the model', async () => {
    const { forager, another } = await setUp();
    const owner = await another('look');
    const from = forager.tones.length;
    forager.prompt('s', claude({ tool: { name: 'look' } }, { text: 'x'.repeat(40) }), { modelId: HAIKU });
    owner.send(answer(await owner.next(is('tool-call')), 'x'));
    const { end } = await turnEnd(forager, 's', from);
    expect(end['usage']).toMatchObject({
      input_tokens: 20,
      cache_creation_input_tokens: 400,
      cache_read_input_tokens: 6000,
      output_tokens: 30,
    });
  });

  test('finish has the subtype as its reason, and no exitCode; a stop reason is not told', async () => {
    const { forager } = await setUp();
    const script = claude({ text: 'x' }, { result: { stop_reason: 'max_tokens' } });
    const { end } = await ask(forager, 's', script);
    expect(end).toMatchObject({ chi: 'finish', finishReason: 'success' });
    expect(end).not.toHaveProperty('exitCode');
  });

  test('an empty answer is session-ready and finish', async () => {
    const { forager } = await setUp();
    expect((await ask(forager, 's', claude())).kinds).toEqual(['session-ready', 'finish']);
  });

  test('attachments and sampling are never read', async () => {
    const { bee, forager } = await setUp();
    const plain = await describeTurn(forager, 'one');
    const loaded = await describeTurn(forager, 'two', 'hi', {
      attachments: [{ kind: 'image', mediaType: 'image/png', data: 'AAAA' }],
      sampling: { maxTokens: 1, temperature: 0, stop: ['h'] },
    });
    const { session, pid } = loaded;
    expect(loaded).toEqual({ ...plain, session, pid });
    expect(bee.prompts[1]).toHaveProperty('attachments');
  });

  test('a step waits until the test releases it', async () => {
    const { bee, forager } = await setUp();
    forager.prompt('s', claude({ text: 'a' }, { hold: 'gate' }, { text: 'b' }), { modelId: HAIKU });
    await forager.next(is('content_block_stop', 's'));
    expect(bee.process('s').state).toBe('running');
    bee.release('gate');
    await forager.next(is('finish', 's'));
    expect(toText(forager.tones)).toBe('ab');
  });
});

describe('ends that are errors', () => {
  test.each(Object.entries(API_ERRORS))('the API refuses, word for word: %s', async (_name, words) => {
    const { bee, forager } = await setUp({ apiError: words });
    const { end, kinds } = await ask(forager, 's', 'hi');
    expect(kinds).toEqual(['session-ready', 'error']);
    expect(end).toMatchObject({ code: 'worker_error', subtype: 'success', message: words });
    bee.behave({ apiError: undefined });
    expect((await ask(forager, 's', 'again')).end.chi).toBe('finish');
  });

  test('in the middle of an answer', async () => {
    const { forager } = await setUp();
    const { end, text } = await ask(forager, 's', claude({ text: 'half' }, { error: API_ERRORS.overloaded }));
    expect(text).toBe('half');
    expect(end).toMatchObject({ chi: 'error', message: API_ERRORS.overloaded });
  });

  test('a result without a word', async () => {
    const { forager } = await setUp();
    const script = claude({ result: { subtype: 'error_during_execution', result: undefined } });
    expect((await ask(forager, 's', script)).end).toMatchObject({
      chi: 'error',
      subtype: 'error_during_execution',
    });
    const empty = claude({ result: { is_error: true, result: '' } });
    expect((await ask(forager, 's', empty)).end).toMatchObject({ message: NO_DETAIL });
  });

  test.each([
    [0, 'stop'],
    [3, 'error'],
  ])('a process that leaves with code %i and no result: exitCode and no usage', async (code, reason) => {
    const { bee, forager } = await setUp();
    const { end } = await ask(forager, 's', claude({ text: 'half' }, { exit: code }));
    expect(end).toEqual({
      chi: 'finish',
      finishReason: reason,
      exitCode: code,
      sid: 's',
      from: 'daemon',
      sigil: expect.any(String),
    });
    expect(bee.warmSids).toEqual([]);
    expect(await describeTurn(forager, 's')).toMatchObject({ how: 'resume', users: 2 });
  });

  test('a killed one: code 1', async () => {
    const { forager } = await setUp();
    const { end } = await ask(forager, 's', claude({ kill: true }));
    expect(end).toMatchObject({ finishReason: 'error', exitCode: 1 });
  });

  test('a bee that is closed starts no process any more', async () => {
    const setup = await setUp();
    const { bee, forager } = setup;
    bee.hold('start');
    forager.prompt('s', 'hi', { modelId: HAIKU });
    await settle(setup, forager);
    await bee.close();
    bee.release('start');
    await soon(() => bee.process('s').state).toBe('ended');
    expect(bee.starts).toHaveLength(1);
  });

  test('a worker that dies ends its turns without a tone', async () => {
    const { bee, bees, forager } = await setUp();
    forager.prompt('s', claude({ text: 'a' }, { hold: 'gate' }, { text: 'b' }), { modelId: HAIKU });
    await forager.next(is('text_delta', 's'));
    bee.kill();
    await soon(async () => Object.keys(await bees())).toHaveLength(1);
    bee.release('gate');
    await soon(() => bee.process('s').state).toBe('ended');
    await forager.settle();
    expect(forager.tones.some(isEnd)).toBe(false);
  });
});

describe('cancel and cleanup', () => {
  const slow = claude({ text: 'a' }, { hold: 'gate' }, { text: 'b' });

  test('a cancel before session-ready is lost', async () => {
    const setup = await setUp({ cancel: 'exits' });
    const { bee, forager } = setup;
    bee.hold('start');
    forager.prompt('s', claude({ text: 'x' }), { modelId: HAIKU });
    forager.send({ chi: 'cancel', rid: 'c', sid: 's' });
    await settle(setup, forager);
    bee.release('start');
    expect(await forager.next(isEnd)).toMatchObject({ chi: 'finish', finishReason: 'success' });
  });

  test('afterwards a newer CLI ignores it: turns and parked calls go on', async () => {
    const setup = await setUp();
    const { bee, forager, another } = setup;
    const owner = await another('look');
    const script = claude({ tool: { name: 'look' } }, { say_results: true });
    forager.prompt('s', script, { modelId: HAIKU });
    const call = await owner.next(is('tool-call'));
    forager.send({ chi: 'cancel', rid: 'c', sid: 's' });
    await settle(setup, forager);
    expect(bee.process('s').state).toBe('parked');
    owner.send(answer(call, 'found'));
    expect(await forager.next(isEnd)).toMatchObject({ chi: 'finish', finishReason: 'success' });
    expect(bee.warmSids).toEqual(['s']);
  });

  test('an older CLI exits with code 1; the next prompt resumes from disk', async () => {
    const { bee, forager } = await setUp({ cancel: 'exits' });
    forager.prompt('s', slow, { modelId: HAIKU });
    await forager.next(is('text_delta', 's'));
    forager.send({ chi: 'cancel', rid: 'c', sid: 's' });
    const end = await forager.next(isEnd);
    expect(end).toMatchObject({ chi: 'finish', finishReason: 'error', exitCode: 1 });
    expect(end).not.toHaveProperty('usage');
    expect(await describeTurn(forager, 's')).toMatchObject({ how: 'resume', users: 2 });
    expect(bee.starts).toHaveLength(3);
  });

  test('an older CLI leaves a parked call behind, which swallows its result', async () => {
    const setup = await setUp({ cancel: 'exits' });
    const { bee, forager, another } = setup;
    const owner = await another('look');
    forager.prompt('s', claude({ tool: { name: 'look' } }, { text: 'x' }), { modelId: HAIKU });
    const call = await owner.next(is('tool-call'));
    forager.send({ chi: 'cancel', rid: 'c', sid: 's' });
    expect(await forager.next(isEnd)).toMatchObject({ exitCode: 1 });
    owner.send(answer(call, 'late', { result: 'late' }));
    await settle(setup, owner);
    await forager.settle();
    expect(forager.tones.some(is('tool_executed'))).toBe(false);
    expect(bee.process('s').answers).toEqual([]);
  });

  test('without a rid nothing reaches the CLI', async () => {
    const setup = await setUp({ cancel: 'exits' });
    const { bee, forager } = setup;
    forager.prompt('s', slow, { modelId: HAIKU });
    await forager.next(is('text_delta', 's'));
    forager.send({ chi: 'cancel', sid: 's' });
    await settle(setup, forager);
    bee.release('gate');
    expect(await forager.next(isEnd)).toMatchObject({ finishReason: 'success' });
  });

  test('of a finished sid gives no tone; a prompt right behind it meets a process that is just leaving', async () => {
    const setup = await setUp({ cancel: 'exits' });
    const { bee, forager } = setup;
    await ask(forager, 's', 'hi');
    const before = forager.tones.filter(({ sid }) => sid === 's').length;
    forager.send({ chi: 'cancel', rid: 'c', sid: 's' });
    await soon(() => bee.warmSids).toEqual([]);
    await settle(setup, forager);
    expect(forager.tones.filter(({ sid }) => sid === 's')).toHaveLength(before);
    await ask(forager, 's', 'again');
    const from = forager.tones.length;
    forager.send({ chi: 'cancel', rid: 'd', sid: 's' });
    forager.prompt('s', 'lost', { modelId: HAIKU });
    const { end, kinds } = await turnEnd(forager, 's', from);
    expect(kinds).toEqual(['finish']);
    expect(end).toMatchObject({ finishReason: 'error', exitCode: 1 });
  });

  test('the next hum kills the process, with or without a rid', async () => {
    const { forager } = await setUp({ nextHum: true });
    forager.prompt('s', slow, { modelId: HAIKU });
    await forager.next(is('text_delta', 's'));
    forager.send({ chi: 'cancel', sid: 's' });
    expect(await forager.next(isEnd)).toMatchObject({ finishReason: 'error', exitCode: 1 });
  });

  test('cleanup is ignored', async () => {
    const setup = await setUp({ cancel: 'exits' });
    const { bee, forager } = setup;
    await ask(forager, 's', 'hi');
    forager.send({ chi: 'cleanup', rid: 'c', sid: 's' });
    await settle(setup, forager);
    expect(bee.warmSids).toEqual(['s']);
    expect(await describeTurn(forager, 's')).toMatchObject({ newProcess: false });
  });
});

describe('more than eight sids', () => {
  const fill = async (forager: Dialled, count: number, from = 0) => {
    for (let index = from; index < from + count; index++)
      await ask(forager, `s${index}`, claude({ text: 'x' }));
  };

  test('the least recently used process loses its standard input, and its sid is resumed from disk', async () => {
    const { bee, forager } = await setUp();
    await fill(forager, 8);
    await ask(forager, 's0', claude({ text: 'again' }));
    await ask(forager, 'ninth', 'hi');
    expect(bee.warmSids).not.toContain('s1');
    expect(bee.warmSids).toHaveLength(8);
    await soon(() => bee.process('s1').state).toBe('ended');
    expect(bee.process('s1').exitCode).toBe(0);
    expect(await describeTurn(forager, 's1')).toMatchObject({ how: 'resume', users: 2 });
  });

  test('a sign of life or a prompt makes a process the last to go', async () => {
    const { bee, forager } = await setUp();
    const slow = claude({ text: 'x' }, { hold: 'gate' }, { text: 'y' });
    for (const sid of ['speaks', 'prompted']) {
      forager.prompt(sid, slow, { modelId: HAIKU });
      await forager.next(is('content_block_stop', sid));
    }
    await fill(forager, 6);
    forager.prompt('prompted', 'later', { modelId: HAIKU });
    await soon(() => bee.warmSids.at(-1)).toBe('prompted');
    bee.release('gate');
    await forager.next(is('finish', 'speaks'));
    expect(bee.warmSids[0]).toBe('s0');
  });

  test('a parked one is the first to go, and finishes its turn', async () => {
    const { bee, forager, another } = await setUp();
    const owner = await another('look');
    forager.prompt('parked', claude({ tool: { name: 'look' } }, { say_results: true }), { modelId: HAIKU });
    const call = await owner.next(is('tool-call'));
    await fill(forager, 8);
    expect(bee.process('parked')).toMatchObject({ state: 'parked', stdinOpen: false });
    const from = forager.tones.length;
    owner.send(answer(call, 'found'));
    const { text, end } = await turnEnd(forager, 'parked', from);
    expect(text).toBe('RESULTS ["found"]');
    expect(end).toMatchObject({ finishReason: 'success' });
    await soon(() => bee.process('parked').state).toBe('ended');
  });

  test('prompts at once all start: only what is registered counts', async () => {
    const setup = await setUp();
    const { bee, forager } = setup;
    bee.hold('start');
    for (let index = 0; index < 12; index++) {
      forager.prompt(`s${index}`, claude({ text: 'x' }), { modelId: HAIKU });
    }
    await settle(setup, forager);
    bee.release('start');
    await soon(() => forager.tones.filter(isEnd)).toHaveLength(12);
    expect(bee.warmSids).toHaveLength(12);
    await ask(forager, 'next', 'hi');
    expect(bee.warmSids).toHaveLength(12);
  });

  test('a start that fails takes the place of one, too', async () => {
    const setup = await setUp();
    const { bee, forager } = setup;
    await fill(forager, 8);
    forager.prompt('bad', 'hi', { modelId: HAIKU, cwd: '/nowhere' });
    await settle(setup, forager);
    expect(bee.warmSids).toHaveLength(7);
  });

  test('the next hum cuts it in the middle of its turn', async () => {
    const { bee, forager } = await setUp({ nextHum: true });
    forager.prompt('cut', claude({ text: 'half' }, { hang: true }), { modelId: HAIKU });
    await forager.next(is('text_delta', 'cut'));
    await fill(forager, 8);
    const end = forager.tones.find((tone) => tone.sid === 'cut' && isEnd(tone));
    expect(end).toMatchObject({ finishReason: 'error', exitCode: 1 });
    expect(bee.process('cut').state).toBe('ended');
  });

  test('a sid that is prompted while its old process still runs gets the tones of both, and loses the new one', async () => {
    const { bee, forager } = await setUp();
    forager.prompt('s', claude({ text: 'old ' }, { hold: 'old' }, { text: 'end' }), { modelId: HAIKU });
    await forager.next(is('text_delta', 's'));
    await fill(forager, 8);
    const from = forager.tones.length;
    forager.prompt('s', claude({ text: 'new ' }, { hold: 'new' }, { text: 'end' }), { modelId: HAIKU });
    await forager.next(is('text_delta', 's'));
    bee.release('old');
    await turnEnd(forager, 's', from);
    await soon(() => bee.warmSids).not.toContain('s');
    expect(bee.process('s')).toMatchObject({ state: 'running', stdinOpen: false });
    bee.release('new');
    await forager.next((tone) => tone.sid === 's' && isEnd(tone));
    const starts = bee.starts.length;
    await ask(forager, 's', 'third');
    expect(bee.starts.length).toBeGreaterThan(starts);
  });
});

test('claude-repl lists the same models, says session-ready and never answers', async () => {
  const nest = await startNest();
  const repl = await startClaudeRepl(nest.daemon.socketPath);
  const forager = await nest.forager();
  forager.prompt('s', 'hi', { modelId: HAIKU });
  await forager.next(is('session-ready', 's'));
  forager.send({ chi: 'cancel', rid: 'c', sid: 's' });
  await forager.settle();
  expect(toKinds(forager.tones.filter(({ sid }) => sid === 's'))).toEqual(['session-ready']);
  const bees = Object.values(await nest.bees());
  expect(bees).toContainEqual(expect.objectContaining({ name: 'claude-repl', models: CLAUDE_MODELS }));
  await repl.close();
});

test('a bridge in front of the bee answers a chat', async () => {
  const { bee, post, sent, hellos } = await startClaudeWorld();
  const body = {
    model: HAIKU,
    messages: [{ role: 'user', content: claude({ text: 'hello' }) }],
    stream: false,
  };
  const response = await post('/api/chat', body);
  expect(await response.json()).toMatchObject({ message: { content: 'hello' }, done: true });
  expect(bee.prompts).toHaveLength(1);
  expect(sent.map(({ chi }) => chi)).toContain('prompt');
  expect(hellos.length).toBeGreaterThan(0);
});
