import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LineHistory, MAX_KEPT_LINES } from '../../src/commands/chat/line-history.js';
import { eventually } from '../eventually.js';
import { script } from '../front-door/world.js';
import { runInTerminal, type Terminal, type TerminalSetting, terminal } from '../program/run-in-terminal.js';
import { runProgram } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { startHumd } from './humd.js';

const DEADLINE_MS = 10_000;
const INTERRUPT = '\x03';
const END = '\x04';
const ESCAPE = '\u001b';
const UP = `${ESCAPE}[A`;
const HISTORY = 'state/hum/thrum-bridge-chat-history';

interface Chat extends Terminal {
  /** Resolves when `text` shows, behind what was seen before; ␛ stands for the escape character. */
  sees(text: string | RegExp): Promise<void>;
  /** Types `line` and Enter at the next prompt. */
  says(line: string): Promise<void>;
}

function startChat(args: readonly string[] = [], setting: TerminalSetting = {}): Chat {
  const running = runInTerminal(['chat', ...args], setting);
  let seen = 0;
  const sees = (text: string | RegExp) =>
    eventually(() => {
      const fresh = running.shown().replaceAll(ESCAPE, '␛').slice(seen);
      const found = typeof text === 'string' ? fresh.indexOf(text) : fresh.search(text);
      expect(found, `${text} in ${JSON.stringify(fresh)}`).toBeGreaterThanOrEqual(0);
      seen += found + (typeof text === 'string' ? text.length : 1);
    }, DEADLINE_MS);
  return {
    ...running,
    sees,
    async says(line) {
      await sees('>>> ');
      running.type(`${line}\r`);
    },
  };
}

/** A message whose answer differs from it. */
const answerWith = (...say: readonly string[]) => script({ say });

describe.skipIf(terminal.isSkipped)(`chat in a terminal${terminal.note}`, () => {
  it('answers, remembers what was said, and does what its commands say', async () => {
    const { home, sentOf } = await startHumd();
    const chat = startChat(['--system', 'Be brief.', '--verbose'], { home });
    await chat.sees(/claude-sonnet-4-6, humd at .*thrum\.sock\. \/help lists/);
    await chat.says(script({ reason: ['let me ', 'see'], say: ['one ', 'answer'] }));
    await chat.sees(/␛\[2mlet me ␛\[22m␛\[2msee␛\[22m\r\n\r\none answer\r\n/);
    await chat.sees(/␛\[2m\d+ tokens read, \d+ written in \d+\.\d s/);
    await chat.says(answerWith('second'));
    await chat.sees(/second\r\n/);
    await chat.says('/model opsu');
    await chat.sees('error:␛[39m there is no model "opsu"; did you mean opus?');
    await chat.says('/model opus');
    await chat.says('/system Be long.');
    await chat.says('/clear');
    await chat.sees('what was said is forgotten');
    await chat.says(answerWith('third'));
    await chat.sees(/third\r\n/);
    await chat.says('/models');
    await chat.sees(/claude-opus-4-7 +1 echo/);
    await chat.says('/hlep');
    await chat.sees('did you mean /help?');
    await chat.says('/help');
    await chat.sees('/bye ');
    await chat.says('/bye');
    expect((await chat.ended()).exitCode).toBe(0);

    const [first, second, third] = sentOf('prompt');
    expect(sentOf('prompt')).toHaveLength(3);
    expect(first).toMatchObject({ modelId: 'claude-sonnet-4-6', systemPrompt: 'Be brief.' });
    expect(first?.['text']).not.toContain('one answer');
    expect(second?.['text']).toContain('one answer');
    expect(third).toMatchObject({ modelId: 'claude-opus-4-7', systemPrompt: 'Be long.' });
    expect(third?.['text']).toBe(answerWith('third'));
  });

  it('Ctrl-C stops the answer and keeps the conversation; where nothing is typed, it ends', async () => {
    const { home, sentOf } = await startHumd();
    const chat = startChat([], { home });
    await chat.says(script({ n: 100_000, ms: 20 }));
    await chat.sees('t3 ');
    expect(sentOf('cancel')).toEqual([]);
    chat.type(INTERRUPT);
    await chat.sees('stopped');
    await eventually(() => expect(sentOf('cancel')).toHaveLength(1));
    await chat.says(answerWith('still here'));
    await chat.sees(/still here\r\n/);
    expect(sentOf('prompt').at(-1)?.['text']).toContain('t0 t1 t2 t3 ');
    await chat.sees('>>> ');
    chat.type('half a mess');
    await chat.sees('half a mess');
    chat.type(INTERRUPT);
    await chat.sees('␛[0J>>> ');
    chat.type(INTERRUPT);
    expect((await chat.ended()).exitCode).toBe(0);
    expect(sentOf('prompt')).toHaveLength(2);
  });

  it('keeps what is typed during an answer for the next prompt', async () => {
    const { home, sentOf } = await startHumd();
    const chat = startChat([], { home });
    await chat.says(script({ n: 60, ms: 20 }));
    await chat.sees('t3 ');
    chat.type(`${answerWith('early')}\rand half`);
    await chat.sees(/t59 \r\n/);
    expect(chat.shown().split('t59 ')[0]).not.toContain('early');
    await chat.sees(/>>> @script .*early/);
    await chat.sees(/early\r\n/);
    await chat.sees('>>> and half');
    chat.type(` a line\r`);
    await chat.sees('>>> ');
    chat.type(END);
    expect((await chat.ended()).exitCode).toBe(0);
    expect(sentOf('prompt').at(-1)?.['text']).toMatch(/and half a line$/);
  });

  it('takes several lines between triple quotes, in which nothing is a command', async () => {
    const { home, sentOf } = await startHumd();
    const chat = startChat([], { home });
    await chat.says('"""dropped');
    await chat.sees('... ');
    chat.type(INTERRUPT);
    await chat.says('"""/bye is');
    await chat.sees('... ');
    chat.type('no command"""\r');
    await chat.sees(/\/bye is\r\nno command\r\n/);
    await chat.says('"""');
    await chat.sees('... ');
    chat.type('/bye\r"""\r');
    await chat.sees(/\/bye\r\n/);
    await chat.sees('>>> ');
    chat.type(END);
    await chat.ended();
    expect(sentOf('prompt')[0]?.['text']).toBe('/bye is\nno command');
    expect(sentOf('prompt')[1]?.['text']).toMatch(/\n\/bye$/);
  });

  it('keeps typed lines for the next chat, in a file that nobody else can read', async () => {
    const { home } = await startHumd();
    const first = startChat([], { home });
    await first.says(answerWith('remember me'));
    await first.sees(/remember me\r\n/);
    await first.says('/bye');
    await first.ended();
    expect(statSync(join(home, HISTORY)).mode & 0o777).toBe(0o600);
    const second = startChat([], { home });
    await second.sees('>>> ');
    second.type(`${UP}${UP}\r`);
    await second.sees(/remember me\r\n/);
    await second.says('/mod\t');
    await second.sees('/model');
    second.type(INTERRUPT);
    await second.ended();
  });

  it('says what is wrong in one line, and goes on', async () => {
    const { home } = await startHumd();
    const chat = startChat(['claude-haiku-4.5'], { home });
    await chat.says('is anybody there?');
    await chat.sees(/error:␛\[39m [^\r]*claude-haiku-4\.5[^\r]*\. Start a worker that serves[^\r]*\r\n/);
    await chat.says('/model sonnet');
    await chat.says(script({ say: ['half '], error: { message: 'no credit' } }));
    await chat.sees(/half \r\n.*no credit\. The worker failed/);
    await chat.says(answerWith('fine'));
    await chat.sees(/fine\r\n/);
    await chat.says('/bye');
    expect((await chat.ended()).exitCode).toBe(0);
  });

  it('lets no model steer the terminal, and has no colours with NO_COLOR', async () => {
    const { home } = await startHumd();
    const chat = startChat([], { home, env: { NO_COLOR: '1' } });
    await chat.says(script({ reason: ['hm'], say: ['\u001b]0;owned\u0007', '\u009b2J', 'red'] }));
    await chat.sees(/hm\r\n\r\n\]0;owned2Jred\r\n/);
    await chat.says('/bye');
    expect((await chat.ended()).shown).not.toContain('\u001b[2m');
  });

  it('cancels the turn when the terminal is closed', async () => {
    const { home, sentOf } = await startHumd();
    const chat = startChat([], { home });
    await chat.says(script({ n: 100_000, ms: 20 }));
    await chat.sees('t3 ');
    chat.process.kill('SIGKILL');
    await eventually(() => expect(sentOf('cancel')).toHaveLength(1));
  });

  it('--once dims reasoning there, and ends at Ctrl-C', async () => {
    const { home, sentOf } = await startHumd();
    const chat = startChat(['--once', script({ reason: ['hm'], n: 100_000, ms: 20 })], { home });
    await chat.sees('␛[2mhm␛[22m\r\nt0 t1 t2 ');
    chat.type(INTERRUPT);
    expect((await chat.ended()).exitCode).toBe(130);
    expect(sentOf('cancel')).toHaveLength(1);
  });

  it('renders markdown, and says at the end of an answer what it took', async () => {
    const { home } = await startHumd();
    const chat = startChat([], { home });
    const say = ['## Ti', 'tle\n- **bo', 'ld** and `co', 'de`\n', '\u001b[31m*red*'];
    await chat.says(script({ say, usage: { input_tokens: 3, output_tokens: 42 } }));
    await chat.sees('␛[1mTi␛[22m␛[1mtle␛[22m\r\n• ␛[1mbold␛[22m and ␛[36mcode␛[39m\r\n[31m␛[3mred␛[23m\r\n');
    await chat.sees(/␛\[2m42 tokens in \d+\.\d s␛\[22m\r\n/);
    await chat.says('/bye');
    await chat.ended();
  });

  it('takes along the images whose paths stand in a message, and says why one cannot go', async () => {
    const { home, sentOf } = await startHumd();
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
    writeFileSync(join(home, 'a cat.png'), png);
    writeFileSync(join(home, 'text.png'), 'no image');
    const chat = startChat([], { home });
    await chat.says(`What is ${home}/a\\ cat.png, and "${home}/a cat.png"?`);
    await chat.sees('with a cat.png, a cat.png');
    await chat.sees(/What is .*\r\n/);
    await chat.says(`And ${home}/text.png?`);
    await chat.sees(/error:␛\[39m .*text\.png is no PNG, JPEG, WebP or GIF/);
    await chat.says(`And ${home}/missing.png?`);
    await chat.sees(/And .*missing\.png\?\r\n/);
    await chat.says('/bye');
    await chat.ended();
    const [first, second, ...others] = sentOf('prompt');
    expect(others).toEqual([]);
    expect(JSON.stringify(first?.['attachments']).split(png.toString('base64'))).toHaveLength(3);
    expect(String(second?.['text'])).toContain('missing.png');
  });

  it('says what is awaited as long as nothing has come, and takes that away again', async () => {
    const { home } = await startHumd();
    const chat = startChat([], { home });
    await chat.says(script({ silent: true }));
    await chat.sees(/\r␛\[2mclaude-sonnet-4-6 … \d s␛\[22m␛\[K/);
    chat.type(INTERRUPT);
    await chat.sees('\r␛[K');
    await chat.sees('stopped');
    await chat.says('/bye');
    await chat.ended();
  });

  it('says that only an echo answers where there is no humd', async () => {
    const chat = startChat();
    await chat.sees('nothing but an echo answers until one is there. /help');
    await chat.says('/bye');
    await chat.ended();
  });
});

describe('chat --once', () => {
  it('prints the answer alone, from a humd that is a process of its own', async () => {
    const home = temporaryFolder();
    const socket = join(home, 'thrum.sock');
    const bees = join(home, 'state/hum/bees.json');
    const daemon = spawn(process.execPath, [
      'dist/daemon/main.js',
      ...['--socket', socket, '--bees', bees, '--models', 'claude-sonnet-4-6'],
    ]);
    onTestFinished(() => void daemon.kill('SIGKILL'));
    await new Promise((resolve) => daemon.stdout.once('data', resolve));
    const { exitCode, stdout, stderr } = await runProgram(
      ['chat', '--once', script({ reason: ['hm'], say: ['the ', '\u001b[1manswer\n'] })],
      { home, env: { HUM_THRUM_SOCK: socket } },
    ).ended();
    expect([exitCode, stdout, stderr]).toEqual([0, 'the \u001b[1manswer\n', 'hm\n']);
  });

  it('reads standard input, and says on standard error that an echo answers', async () => {
    const { exitCode, stdout, stderr } = await runProgram(['chat', 'opus', '--once', '-', '--verbose'], {
      input: 'all of\nthis',
    }).ended();
    expect([exitCode, stdout]).toEqual([0, 'all of\nthis\n']);
    expect(stderr).toMatch(
      /^embedded \(no humd at .*\): nothing but an echo answers until one is there\n\d+ tokens read, \d+ written/,
    );
  });

  it.each([
    ['nothing on standard input', ['--once', '-'], 'standard input is empty. '],
    ['a model that there is not', ['--once', 'hi', 'claude-sonet-4-6'], 'did you mean claude-sonnet-4-6?'],
    [
      'a turn that fails',
      ['--once', script({ error: { message: 'no credit' } })],
      'no credit. The worker failed',
    ],
    ['no humd', ['--once', 'hi', '--nest', 'hum'], 'Start humd, or name its socket'],
  ])('%s: one line and exit code 1', async (_, args, words) => {
    const home = args.includes('hum') ? temporaryFolder() : (await startHumd()).home;
    const env = { OLLAMA_SERVER_READY_TIMEOUT_MS: '100' };
    const ended = await runProgram(['chat', ...args], { home, env, input: '' }).ended();
    expect([ended.exitCode, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toMatch(/^thrum-bridge: [^\n]+\n$/);
    expect(ended.stderr).toContain(words);
  });

  it('cancels the turn when nobody reads the answer any more', async () => {
    const { home, sentOf } = await startHumd();
    const program = runProgram(['chat', '--once', script({ n: 100_000, ms: 5 })], { home });
    await new Promise((resolve) => program.process.stdout?.once('data', resolve));
    program.process.stdout?.destroy();
    await eventually(() => expect(sentOf('cancel')).toHaveLength(1));
  });
});

describe('chat in a pipe', () => {
  it('answers line by line, with nothing else on standard output', async () => {
    const { home, sentOf } = await startHumd();
    const input = `${answerWith('one')}\n/system Be brief.\n${answerWith('two')}`;
    const { exitCode, stdout, stderr } = await runProgram(['chat'], { home, input }).ended();
    expect([exitCode, stdout, stderr]).toEqual([0, 'one\ntwo\n', 'the instruction is set\n']);
    expect(sentOf('prompt')[1]).toMatchObject({
      systemPrompt: 'Be brief.',
      text: expect.stringContaining('one'),
    });
  });

  it('ends with 1 if something was not answered', async () => {
    const { home } = await startHumd();
    const input = `${script({ error: { message: 'no credit' } })}\n${answerWith('two')}\n`;
    const { exitCode, stdout, stderr } = await runProgram(['chat'], { home, input }).ended();
    expect([exitCode, stdout]).toEqual([1, 'two\n']);
    expect(stderr).toContain('error: no credit');
  });
});

describe('the lines that a chat keeps', () => {
  it('are bounded, and read by nobody else', () => {
    const path = join(temporaryFolder(), 'hum/history');
    mkdirSync(dirname(path));
    writeFileSync(path, '', { mode: 0o644 });
    chmodSync(path, 0o644);
    const history = new LineHistory(path);
    expect(history.load()).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const count = 2 * MAX_KEPT_LINES + 1;
    appendFileSync(path, Array.from({ length: count }, (_, index) => `line ${index}\n`).join(''));
    expect(history.load().slice(0, 2)).toEqual([`line ${count - 1}`, `line ${count - 2}`]);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(MAX_KEPT_LINES + 1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    history.add('x'.repeat(100_000));
    history.add('  ');
    history.add('latest');
    expect(history.load().slice(0, 2)).toEqual(['latest', `line ${count - 1}`]);
  });
});
