import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/hive/config-error.js';
import { listHives } from '../../src/hive/hives.js';
import { createProgram, parseCommandLine } from '../../src/run/command-line/parse-command-line.js';
import { eventually } from '../eventually.js';
import { runInTerminal, terminal } from '../program/run-in-terminal.js';
import { runProgram } from '../program/run-program.js';

const parse = (...args: readonly string[]) => parseCommandLine(args, '1.2.3', listHives());

describe('the command line', () => {
  it.each([
    [[], ['ollama-server']],
    [['serve'], ['ollama-server']],
    [
      ['openai-server', 'ollama-server', 'openai-server'],
      ['openai-server', 'ollama-server'],
    ],
    [['serve', 'openai-server', '--nest', 'hum'], ['openai-server']],
    [['openai-server', '--nest', 'hum'], ['openai-server']],
  ])('%j serves %j', (args, hives) => {
    const nest = args.includes('hum') ? 'hum' : 'auto';
    expect(parse(...args)).toMatchObject({ command: 'serve', hives, nest, processes: 1, insecure: false });
  });

  it.each([
    [['doctor', '--no-turn'], { command: 'doctor', hives: ['ollama-server'], turn: false, json: false }],
    [['models', '--hive', 'openai-server'], { command: 'models', hive: 'openai-server', json: false }],
    [['chat', 'sonnet', '--once', 'hi'], { command: 'chat', model: 'sonnet', once: 'hi', nest: 'auto' }],
    [['status', '--url', 'http://a:1'], { command: 'status', url: 'http://a:1', once: false }],
    [['install', 'openai-server'], { command: 'install', hive: 'openai-server', dryRun: false }],
    [['uninstall', 'openai-server', '--dry-run'], { command: 'uninstall', dryRun: true }],
    [['completion', 'zsh'], { command: 'completion', shell: 'zsh' }],
  ])('%j is %j', (args, invocation) => {
    expect(parse(...args)).toMatchObject(invocation);
  });

  it.each([
    [['docter'], 'did you mean doctor?'],
    [['modles'], 'did you mean models?'],
    [['olama-server'], 'did you mean ollama-server?'],
    [['ollama-server', 'doctor'], 'doctor is a command, which goes first: thrum-bridge doctor'],
    [['--nest', 'hum', 'doctor'], 'doctor is a command, which goes first: thrum-bridge doctor'],
    [['doctor', 'olama-server'], 'unknown hive "olama-server": the known ones are'],
    [['models', '--hive', 'opena-server'], 'did you mean openai-server?'],
    [['install', 'nothing-like-it'], 'unknown hive "nothing-like-it"'],
  ])('%j is refused: %s', (args, words) => {
    expect(() => parse(...args)).toThrow(ConfigError);
    expect(() => parse(...args)).toThrow(words);
  });

  it.each(['serve', 'doctor', 'models', 'chat', 'status', 'launch', 'install', 'uninstall', 'completion'])(
    'helps with %s, with examples',
    (name) => {
      let help = '';
      const program = createProgram('1.2.3', listHives(), () => undefined);
      const command = program.commands.find((one) => one.name() === name);
      command?.configureOutput({ writeOut: (text) => (help += text) });
      expect(() => program.parse([name, '--help'], { from: 'user' })).toThrow(CommanderError);
      expect(help).toMatch(new RegExp(`^Usage: thrum-bridge ${name} `));
      expect(help).toMatch(/^Examples:\n {2}(eval "\$\()?thrum-bridge/m);
    },
  );

  // The coupling to commander's `Help`: `visibleArguments` and `visibleOptions` are asked for what its help lists.
  it('helps without a command with what serve takes, each thing once, and then with its own options', () => {
    let help = '';
    const program = createProgram('1.2.3', listHives(), () => undefined);
    program.configureOutput({ writeOut: (text) => (help += text) });
    expect(() => program.parse(['--help'], { from: 'user' })).toThrow(CommanderError);
    const entries = (title: string) => {
      const [, block = ''] = new RegExp(`^${title}:\\n((?: .*\\n)+)`, 'm').exec(help) ?? [];
      return [...block.matchAll(/^ {2}(\S+)/gm)].map(([, entry]) => entry);
    };
    expect(entries('Arguments')).toEqual(['hive']);
    expect(entries('Options')).toEqual([
      ...[
        '--nest',
        '--upstream',
        '--print-config',
        '--insecure',
        '--log-level',
        '--workers',
        '--port',
        '--host',
        '--api-key',
        '--models',
      ],
      ...['-V,', '-h,'],
    ]);
    expect(entries('Commands')).toContain('doctor');
  });

  it('says what may be typed when it does not understand', async () => {
    const { exitCode, stderr } = await runProgram(['doctor', '--jsn']).ended();
    expect(exitCode).toBe(78);
    expect(stderr).toContain("unknown option '--jsn'");
    expect(stderr).toContain('Did you mean --json?');
    expect(stderr).toContain('--help shows what may be typed');
  });

  it.skipIf(terminal.isSkipped)(`serves in a terminal until Ctrl-C${terminal.note}`, async () => {
    const running = runInTerminal(['--nest', 'embedded']);
    await eventually(() => expect(running.shown()).toMatch(/ollama-server on http.*\r\n/));
    running.type('\x03');
    expect((await running.ended()).exitCode).toBe(0);
  });

  it.skipIf(terminal.isSkipped)(`helps in a terminal${terminal.note}`, async () => {
    const { exitCode, shown } = await runInTerminal(['help', 'doctor']).ended();
    expect([exitCode, shown]).toEqual([0, expect.stringContaining('thrum-bridge doctor --json')]);
  });
});
