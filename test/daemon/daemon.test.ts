import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import { toSigil } from '../../src/daemon/router.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { temporaryFolder } from '../temporary-folder.js';
import { dialDaemon } from './dial.js';
import { startNest } from './nest.js';

const is =
  (chi: string, sid?: string) =>
  (tone: Tone): boolean =>
    tone.chi === chi && (sid === undefined || tone.sid === sid);

const TOOL = { name: 'get_weather', description: 'Weather', inputSchema: { type: 'object', properties: {} } };

/** A tone of so many levels, itself included. */
function nested(levels: number): string {
  return `{"chi":"x","rid":"deep","a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
}

describe('what the daemon reads', () => {
  test('lines that are no tones are dropped in silence, and the next one is heard', async () => {
    const forager = await (await startNest()).forager();
    const before = forager.tones.length;
    forager.write(
      '\nnot json\nnull\n[1]\n"chi"\n{"rid":"a"}\n{"chi":7,"rid":"b"}\n{"chi":"","rid":"c"}\n{"chi":"x"\n',
    );
    await forager.settle();
    expect(forager.tones).toHaveLength(before + 1);
  });

  test('a lone surrogate vanishes without an echo, a pair does not', async () => {
    const forager = await (await startNest()).forager();
    const before = forager.tones.length;
    forager.write('{"chi":"x","rid":"lone","a":["\\ud83d"]}\n{"chi":"x","rid":"key","\\uDC00":1}\n');
    forager.write('{"chi":"x","rid":"pair","a":"\\ud83d\\ude00 \\\\ud83d"}\n');
    await forager.settle();
    expect(forager.tones.slice(before).map(({ rid }) => rid)[0]).toBe('pair');
    expect(forager.tones).toHaveLength(before + 2);
  });

  test('120 levels pass, 121 and 100,000 vanish without an echo', async () => {
    const forager = await (await startNest()).forager();
    const before = forager.tones.length;
    forager.write(`${nested(121)}\n${nested(100_000)}\n`);
    await forager.settle();
    expect(forager.tones).toHaveLength(before + 1);
    forager.write(`${nested(120)}\n`);
    await forager.next(({ rid }) => rid === 'deep');
  });

  test('bytes that are not UTF-8 close the link after the lines before them', async () => {
    const forager = await (await startNest()).forager();
    forager.write(
      Buffer.concat([
        Buffer.from('{"chi":"x","rid":"good"}\n{"chi":"'),
        Buffer.of(0xff),
        Buffer.from('"}\n'),
      ]),
    );
    await forager.closed;
    expect(forager.tones.at(-1)).toEqual({ chi: 'echo', ok: true, rid: 'good' });
  });

  test('a tone may come in pieces that cut a character in two', async () => {
    const forager = await (await startNest()).forager();
    const line = Buffer.from('{"chi":"x","rid":"wörld 🌍"}\n');
    for (const byte of line) {
      forager.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await forager.next(({ rid }) => rid === 'wörld 🌍');
  });

  test('a prompt of 10 MB passes', async () => {
    const nest = await startNest();
    const texts: string[] = [];
    await nest.worker({
      models: ['big'],
      async onPrompt(turn) {
        texts.push(String(turn.prompt['content']));
        turn.send({ chi: 'finish', finishReason: 'stop', usage: null });
      },
    });
    const forager = await nest.forager();
    const text = 'x'.repeat(10_000_000);
    forager.prompt('s', text, { modelId: 'big', text: undefined });
    await forager.next(is('finish'));
    expect(texts[0] === text).toBe(true);
  });

  test('a tone past its dusk is refused in its echo and goes nowhere', async () => {
    const nest = await startNest();
    await nest.echoWorker();
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { rid: 'late', dusk: Date.now() - 1 });
    expect(await forager.next(({ rid }) => rid === 'late')).toEqual({
      chi: 'echo',
      ok: false,
      error: 'past dusk',
      rid: 'late',
    });
    forager.prompt('s', 'hi', { rid: 'early', dusk: Date.now() + 60_000 });
    expect(await forager.next(({ rid }) => rid === 'early')).toMatchObject({ ok: true });
    await forager.next(is('finish'));
  });

  test('a tone without a rid is not echoed, nor is an echo or a log', async () => {
    const forager = await (await startNest()).forager();
    const before = forager.tones.length;
    for (const tone of [{ chi: 'x' }, { chi: 'echo', rid: 'a' }, { chi: 'log', rid: 'b' }])
      forager.send(tone);
    await forager.settle();
    expect(forager.tones).toHaveLength(before + 1);
  });
});

describe('the greeting', () => {
  test('a breath comes at once, before the hello', async () => {
    const dialled = await (await startNest()).dial();
    await dialled.next(is('breath'));
    expect(dialled.lines).toEqual(['{"chi":"breath","from":"daemon","protoVersion":"0.7.0","sessions":[]}']);
  });

  test('what comes before the hello is not heard', async () => {
    const nest = await startNest();
    await nest.echoWorker();
    const dialled = await nest.dial();
    dialled.prompt('s', 'hi');
    await dialled.hello();
    expect(dialled.tones.map(({ chi }) => chi)).toEqual(['breath', 'echo', 'breath']);
  });

  test('requiresHello: false hears it all the same', async () => {
    const nest = await startNest({ requiresHello: false });
    await nest.echoWorker();
    const dialled = await nest.dial();
    dialled.prompt('s', 'hi');
    await dialled.next(is('finish'));
  });

  test('a hello of another major version closes the link, one of another minor version does not', async () => {
    const nest = await startNest();
    const stranger = await nest.dial();
    stranger.send({ chi: 'hello', rid: 'a', hive: 'h', protoVersion: '1.0.0' });
    await stranger.closed;
    await nest.forager({ protoVersion: '0.9.1' });
  });

  test('refusesOtherMajor: false only registers it', async () => {
    const nest = await startNest({ refusesOtherMajor: false });
    await nest.forager({ protoVersion: '1.0.0' });
    expect(Object.values(await nest.bees())[0]).toMatchObject({ proto_version: '1.0.0' });
  });

  test('answersHello: false is mute to foragers and lets workers in', async () => {
    const nest = await startNest({ answersHello: false, requiresHello: false });
    await nest.echoWorker();
    const dialled = await nest.dial();
    dialled.send({ chi: 'hello', rid: 'a', hive: 'h', bee: ['forager'] });
    await dialled.settle();
    expect(dialled.tones.map(({ chi }) => chi)).toEqual(['breath', 'echo']);
  });
});

describe('bees.json', () => {
  test('has the shape of the recorded one', async () => {
    const recorded: Record<string, Record<string, unknown>> = JSON.parse(
      readFileSync(join(import.meta.dirname, '../fixtures/bees.json'), 'utf8'),
    );
    const [recordedWorker, recordedForager] = Object.values(recorded);
    const nest = await startNest();
    const worker = await nest.echoWorker({ hive: 'scripted', models: ['script-a'] });
    const hid = String(recordedForager?.['hid']);
    await nest.forager({ hid });
    const bees = Object.entries(await nest.bees());
    const entryOf = (role: string) => bees.find(([, { bee }]) => String(bee) === role) ?? ['', {}];
    const [workerId, ourWorker] = entryOf('worker');
    const [foragerId, ourForager] = entryOf('forager');
    expect(Object.keys(ourWorker)).toEqual(Object.keys(recordedWorker ?? {}));
    expect(ourWorker).toEqual({
      ...recordedWorker,
      version: '0.0.0',
      hid: worker.hid,
      nestlerId: expect.stringMatching(new RegExp(`^${workerId}-\\d{13}$`)),
      models: ['echo', 'script-a'],
    });
    expect(Object.keys(ourForager)).toEqual(Object.keys(recordedForager ?? {}));
    expect(ourForager).toEqual({
      ...recordedForager,
      nestlerId: expect.stringMatching(new RegExp(`^${foragerId}-\\d{13}$`)),
    });
    expect(readFileSync(nest.daemon.beesPath, 'utf8')).toMatch(/^\{\n {2}"/);
  });

  test('tools, capabilities, source and nestlerId of the hello stand in it', async () => {
    const nest = await startNest();
    await nest.forager({
      tools: [TOOL, { name: 'bare' }, 7],
      provides: ['session'],
      source: 'https://x',
      nestlerId: 'n',
    });
    expect(Object.values(await nest.bees())[0]).toMatchObject({
      tools: [TOOL, { name: 'bare', description: '', inputSchema: null }],
      provides: ['session'],
      source: 'https://x',
      nestlerId: 'n',
    });
  });

  test('is there, and empty, before the first bee', async () => {
    expect(await (await startNest()).bees()).toEqual({});
  });

  test('has a bee no later than the bee has its second breath, and many at once', async () => {
    const nest = await startNest();
    const names = Array.from({ length: 40 }, (_, index) => `hive-${index}`);
    await Promise.all(
      names.map(async (hive) => {
        await nest.forager({ hive });
        const bees = await nest.bees();
        expect(Object.values(bees).map(({ name }) => name)).toContain(hive);
      }),
    );
    expect(Object.values(await nest.bees()).map(({ name }) => name)).toHaveLength(names.length);
    expect(readdirSync(join(nest.daemon.beesPath, '..')).sort()).toEqual(['bees.json', 'thrum.sock']);
  });

  test('loses a bee that leaves', async () => {
    const nest = await startNest();
    const stays = await nest.forager({ hive: 'stays' });
    const leaves = await nest.forager({ hive: 'leaves' });
    await leaves.close();
    await expect
      .poll(async () => Object.values(await nest.bees()).map(({ name }) => name))
      .toEqual(['stays']);
    await stays.settle();
  });

  test('a second link with the same hid replaces the first entry', async () => {
    const nest = await startNest();
    const hid = `fbee_${'a'.repeat(64)}`;
    await nest.forager({ hid, version: '1' });
    await nest.forager({ hid, version: '2' });
    expect(Object.values(await nest.bees()).map(({ version }) => version)).toEqual(['2']);
  });
});

describe('prompts', () => {
  test('reach the worker with what humd adds, keys sorted', async () => {
    const lines: string[] = [];
    const nest = await startNest({
      onTone: (direction, tone) => {
        if (direction === 'out' && tone.chi === 'prompt') lines.push(JSON.stringify(tone));
      },
    });
    const prompts: Tone[] = [];
    await nest.worker({
      models: ['m'],
      async onPrompt(turn) {
        prompts.push(turn.prompt);
        turn.send({ chi: 'finish' });
      },
    });
    const other = await nest.forager({ tools: [TOOL], provides: ['web', 'fs'] });
    const forager = await nest.forager({ provides: ['fs'] });
    forager.send({
      sid: 's',
      text: 'hi',
      chi: 'prompt',
      rid: 'r',
      modelId: 'm',
      disallowedTools: ['b', 'a', 'b'],
    });
    await forager.next(is('finish'));
    expect(prompts).toEqual([
      {
        chi: 'prompt',
        content: 'hi',
        cwd: homedir(),
        disallowedTools: ['Bash', 'Edit', 'Glob', 'Grep', 'MultiEdit', 'Read', 'Write', 'a', 'b'],
        foragerTools: [TOOL],
        modelId: 'm',
        provided: ['fs', 'web'],
        rid: 'r',
        sid: 's',
        text: 'hi',
      },
    ]);
    expect(Object.keys(prompts[0] ?? {})).toEqual(Object.keys(prompts[0] ?? {}).sort());
    expect(lines).toHaveLength(1);
    expect(other.tones.some(is('finish'))).toBe(false);
  });

  test('without foragers that offer something they get no empty lists', async () => {
    const nest = await startNest();
    const prompts: Tone[] = [];
    await nest.worker({
      models: ['sonnet'],
      async onPrompt(turn) {
        prompts.push(turn.prompt);
        turn.send({ chi: 'finish' });
      },
    });
    const forager = await nest.forager();
    forager.send({ chi: 'prompt', sid: 's', text: 'a', content: 'b', cwd: '/w' });
    await forager.next(is('finish'));
    expect(prompts).toEqual([{ chi: 'prompt', content: 'b', cwd: '/w', sid: 's', text: 'a' }]);
  });

  test('for a model that nobody has end in an error, and leave no open sid', async () => {
    const nest = await startNest();
    await nest.forager({ models: ['nope'] });
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'nope' });
    expect(await forager.next(is('error'))).toEqual({
      chi: 'error',
      from: 'daemon',
      message: "no worker bee advertises model 'nope'",
      sid: 's',
      sigil: toSigil('s', 'claude-repl'),
    });
    forager.send({ chi: 'prompt', sid: 't', text: 'hi' });
    expect(await forager.next(is('error', 't'))).toMatchObject({
      message: "no worker bee advertises model 'sonnet'",
    });
    expect(nest.daemon.openSids()).toEqual([]);
  });

  test('without a sid are echoed once and forgotten', async () => {
    const nest = await startNest();
    await nest.echoWorker();
    const forager = await nest.forager();
    forager.send({ chi: 'prompt', rid: 'r', modelId: 'echo', text: 'hi' });
    await forager.settle();
    expect(forager.tones.filter(({ rid }) => rid === 'r')).toHaveLength(1);
  });

  test('are answered to every link that prompted the sid, and to no bystander', async () => {
    const nest = await startNest();
    await nest.echoWorker();
    const first = await nest.forager();
    const bystander = await nest.forager();
    const last = await nest.forager();
    first.prompt('s', '@script {"hang":true}');
    await first.next(is('session-ready'));
    last.prompt('s', 'hello there');
    await last.next(is('finish'));
    await first.next(is('finish'));
    await bystander.settle();
    expect(bystander.tones.filter(({ sid }) => sid !== undefined)).toEqual([]);
  });

  test('in flight with one sid get their tones interleaved', async () => {
    const nest = await startNest();
    await nest.echoWorker();
    const forager = await nest.forager();
    forager.prompt('s', '@script {"n":3,"ms":5}');
    forager.prompt('s', '@script {"n":3,"ms":5}');
    await forager.next(is('finish'));
    await forager.next(is('finish'));
    const deltas = forager.tones.flatMap(({ delta }) => (typeof delta === 'string' ? [delta] : []));
    expect(deltas.toSorted()).toEqual(['t0 ', 't0 ', 't1 ', 't1 ', 't2 ', 't2 ']);
    expect(deltas.slice(0, 3)).not.toEqual(['t0 ', 't1 ', 't2 ']);
  });

  test('go on when their forager leaves, and their sid stays open until the end', async () => {
    const nest = await startNest();
    const worker = await nest.echoWorker();
    const forager = await nest.forager();
    forager.prompt('s', '@script {"hang":true}');
    await forager.next(is('session-ready'));
    nest.daemon.disconnectAll();
    await forager.closed;
    const other = await nest.forager();
    expect(nest.daemon.openSids()).toEqual(['s']);
    other.send({ chi: 'cancel', rid: 'c', sid: 's' });
    await expect.poll(() => nest.daemon.openSids()).toEqual([]);
    await worker.close();
  });

  test('end in silence when their worker dies, and bees.json says so', async () => {
    const nest = await startNest();
    await nest.echoWorker();
    const forager = await nest.forager();
    forager.prompt('s', '@script {"say":["half "],"die":true}');
    await forager.next(({ delta }) => delta === 'half ');
    await expect.poll(async () => Object.keys(await nest.bees())).toHaveLength(1);
    await forager.settle();
    expect(forager.tones.some((tone) => tone.chi === 'finish' || tone.chi === 'error')).toBe(false);
    expect(nest.daemon.openSids()).toEqual([]);
  });
});

describe('cancel and cleanup', () => {
  test('go to every worker, with the sid of whoever it is', async () => {
    const heard: string[] = [];
    const nest = await startNest({
      onTone: (direction, { chi }, { manifest }) => {
        if (direction === 'out' && (chi === 'cancel' || chi === 'cleanup'))
          heard.push(`${chi} ${manifest?.name}`);
      },
    });
    await nest.echoWorker({ hive: 'one' });
    await nest.echoWorker({ hive: 'two' });
    const forager = await nest.forager();
    forager.send({ chi: 'cancel', rid: 'a', sid: 's' });
    forager.send({ chi: 'cleanup', rid: 'b', sid: 's' });
    forager.send({ chi: 'cancel', rid: 'c' });
    await forager.settle();
    expect(heard.toSorted()).toEqual(['cancel one', 'cancel two', 'cleanup one', 'cleanup two']);
  });
});

describe('tools', () => {
  const SCRIPT = '@script {"tools":[{"name":"get_weather","args":{}}],"then":["21C"]}';
  const toResult = (call: Tone): Tone => ({
    ...call,
    chi: 'tool-result',
    rid: 'res',
    output: '21C',
    isError: false,
  });

  test('a result for a tool that only the prompt declared is echoed and lost', async () => {
    const nest = await startNest();
    await nest.echoWorker({ toolResultTimeoutMs: 200 });
    const forager = await nest.forager();
    forager.prompt('s', SCRIPT, { tools: [TOOL] });
    forager.send(toResult(await forager.next(is('tool-call'))));
    expect(await forager.next(({ rid }) => rid === 'res')).toMatchObject({ ok: true });
    expect(await forager.next(is('error'))).toMatchObject({ code: 'worker_error' });
  });

  test('routeUndeclaredToolResults delivers it', async () => {
    const nest = await startNest({ routeUndeclaredToolResults: true });
    await nest.echoWorker();
    const forager = await nest.forager();
    forager.prompt('s', SCRIPT, { tools: [TOOL] });
    forager.send(toResult(await forager.next(is('tool-call'))));
    await forager.next(({ chunkType }) => chunkType === 'tool_executed');
    await forager.next(is('finish'));
  });

  test('a call for a listed tool goes to the bee that lists it, under a sid that is not its own', async () => {
    const nest = await startNest();
    await nest.echoWorker();
    const owner = await nest.forager({ tools: [TOOL] });
    const prompter = await nest.forager();
    prompter.prompt('s', SCRIPT);
    const call = await owner.next(is('tool-call', 's'));
    expect(call).not.toHaveProperty('sigil');
    owner.send(toResult(call));
    await prompter.next(is('finish'));
    expect(prompter.tones.some(is('tool-call'))).toBe(false);
  });

  test('a worker that lists a tool is called too, and what it throws is an error result', async () => {
    const nest = await startNest();
    await nest.echoWorker({
      tools: [TOOL, { ...TOOL, name: 'broken' }],
      async onToolCall({ toolName, args }) {
        if (toolName === 'broken') throw new Error('no luck');
        return { output: { args } };
      },
    });
    const forager = await nest.forager();
    forager.send({
      chi: 'tool-call',
      rid: 'r',
      sid: 's',
      callId: 'c1',
      toolName: 'get_weather',
      args: { a: 1 },
    });
    const output = { args: { a: 1 } };
    expect(await forager.next(is('tool-result'))).toEqual({
      callId: 'c1',
      chi: 'tool-result',
      isError: false,
      output,
      result: output,
      rid: expect.any(String),
      sid: 's',
      toolName: 'get_weather',
    });
    forager.send({ chi: 'tool-call', rid: 'r', sid: 's', callId: 'c2', toolName: 'broken' });
    expect(await forager.next(is('tool-result'))).toMatchObject({
      callId: 'c2',
      isError: true,
      output: 'no luck',
    });
  });

  test('a call for a tool that nobody lists gets an echo and no answer', async () => {
    const forager = await (await startNest()).forager();
    const before = forager.tones.length;
    forager.send({ chi: 'tool-call', rid: 'r', sid: 's', callId: 'c', toolName: 'embed', args: {} });
    await forager.settle();
    expect(forager.tones.slice(before).map(({ chi }) => chi)).toEqual(['echo', 'echo']);
  });

  test('the owner of a tool may answer with an error', async () => {
    const nest = await startNest();
    const owner = await nest.forager({ tools: [TOOL] });
    const caller = await nest.forager();
    caller.send({ chi: 'tool-call', sid: 's', callId: 'c', toolName: 'get_weather' });
    await owner.next(is('tool-call'));
    owner.send({ chi: 'error', sid: 's', callId: 'c', message: 'no' });
    expect(await caller.next(is('error'))).toEqual({ callId: 'c', chi: 'error', message: 'no', sid: 's' });
  });
});

describe('what humd keeps for itself', () => {
  test('a permission-ask reaches the forager only with alsoRoute', async () => {
    const nest = await startNest({ alsoRoute: ['permission-ask'] });
    await nest.echoWorker();
    const forager = await nest.forager();
    forager.prompt('s', '@script {"permission":true,"say":["done"]}');
    expect(await forager.next(is('permission-ask'))).toMatchObject({ sid: 's', from: 'daemon' });
    await forager.next(is('finish'));
  });
});

describe('faults on order', () => {
  test('a filter may drop and alter tones in both directions', async () => {
    const nest = await startNest({
      filter(tone, direction, { manifest }) {
        if (tone.chi === 'finish') return undefined;
        if (direction === 'in' && tone.chi === 'prompt') return { ...tone, content: 'altered' };
        if (direction === 'out' && manifest?.name === 'ollama-server' && tone['delta'] === 'altered') {
          return { ...tone, delta: 'twice' };
        }
        return tone;
      },
    });
    await nest.echoWorker();
    const forager = await nest.forager();
    forager.prompt('s', 'hi');
    await forager.next(({ delta }) => delta === 'twice');
    await forager.settle();
    expect(forager.tones.some(is('finish'))).toBe(false);
  });

  test('sendRaw puts anything on the wire', async () => {
    const nest = await startNest();
    const forager = await nest.forager();
    nest.daemon.sendRaw('{"chi":"pulse","sid":"s"}\n');
    await forager.next(is('pulse'));
  });
});

describe('the socket', () => {
  test('belongs to its owner alone', async () => {
    const { daemon } = await startNest();
    expect(statSync(daemon.socketPath).mode & 0o777).toBe(0o600);
  });

  test('a path that is answered, or that is a file, is left alone', async () => {
    const { daemon } = await startNest();
    await expect(startDaemon(daemon)).rejects.toThrow('another daemon answers at');
    await (await dialDaemon(daemon.socketPath)).close();
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, 'precious');
    await expect(startDaemon({ socketPath: path, beesPath: `${path}.json` })).rejects.toThrow('not a socket');
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  test('a socket that nobody answers on is replaced', async () => {
    const folder = temporaryFolder();
    const socketPath = join(folder, 'thrum.sock');
    await leaveDeadSocket(socketPath);
    expect(statSync(socketPath).isSocket()).toBe(true);
    const daemon = await startDaemon({ socketPath, beesPath: join(folder, 'bees.json') });
    const worker = await startEchoWorker({ socketPath });
    await worker.close();
    await daemon.close();
  });

  test('close breaks all links, removes the socket and may be called twice', async () => {
    const nest = await startNest();
    const worker = await nest.echoWorker();
    const forager = await nest.forager();
    expect(nest.daemon.connections).toBe(2);
    await Promise.all([nest.daemon.close(), nest.daemon.close()]);
    await Promise.all([forager.closed, worker.closed]);
    expect(nest.daemon.connections).toBe(0);
    expect(readdirSync(join(nest.daemon.socketPath, '..'))).toEqual(['bees.json']);
    await nest.daemon.close();
  });

  test('disconnectAll breaks the links of foragers and leaves the workers', async () => {
    const nest = await startNest();
    await nest.echoWorker();
    const foragers = await Promise.all([nest.forager(), nest.dial()]);
    nest.daemon.disconnectAll();
    await Promise.all(foragers.map(({ closed }) => closed));
    await expect.poll(() => nest.daemon.connections).toBe(1);
    const again = await nest.forager();
    again.prompt('s', 'hi');
    await again.next(is('finish'));
  });
});

test('the sigil is that of hum', () => {
  const { sigil } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../fixtures/identity-vectors.json'), 'utf8'),
  );
  for (const vector of sigil) expect(toSigil(vector.sid, vector.nest)).toBe(vector.sigil);
});

/** A socket file as a daemon that was killed leaves it: no process listens behind it any more. */
async function leaveDeadSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(`${path}.born`, resolve);
  });
  renameSync(`${path}.born`, path);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
