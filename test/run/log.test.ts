import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { runInTerminal, terminal } from '../program/run-in-terminal.js';
import { runProgram } from '../program/run-program.js';

/** The log has a line as soon as the link is up. */
const LINKED = 'linked to humd';
const COLOR = '\x1b[';

describe('the log', () => {
  it('is JSON lines where nobody looks', async () => {
    const program = runProgram(['--nest', 'embedded']);
    await program.startLine();
    program.process.kill('SIGTERM');
    const { stderr } = await program.ended();
    const lines = stderr.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).msg)).toContain(LINKED);
  });

  it('does not steer a terminal by what others are called', async () => {
    const name = 'm\u001b[2J\u009b2J\u202e';
    const program = runProgram(['--nest', 'embedded'], { env: { OLLAMA_SERVER_MODELS: name } });
    const line = await program.startLine();
    program.process.kill('SIGTERM');
    const { stderr } = await program.ended();
    expect(line).toContain('m [2J');
    expect(line + stderr).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });

  it.skipIf(terminal.isSkipped)(`is for people in a terminal, in colour${terminal.note}`, async () => {
    const shown = await logIn({});
    expect(shown).toMatch(/\[\d\d:\d\d:\d\d\.\d{3}\]/);
    expect(shown).toContain('INFO');
    expect(shown).toContain('ollama-server');
    expect(shown).not.toContain('"level"');
    expect(shown).toContain(COLOR);
  });

  it.skipIf(terminal.isSkipped)(`has no colour where none is wanted${terminal.note}`, async () => {
    const shown = await logIn({ NO_COLOR: '1' });
    expect(shown).toContain('INFO');
    expect(shown).not.toContain(COLOR);
  });
});

/** What a terminal shows until the link is up. */
async function logIn(env: Readonly<Record<string, string>>): Promise<string> {
  const program = runInTerminal(['--nest', 'embedded'], { env });
  await eventually(() => expect(program.shown()).toContain(LINKED), 10_000);
  return program.shown();
}
