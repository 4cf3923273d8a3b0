/** The command `status`: shows what a running bridge is doing. */
import { setTimeout } from 'node:timers/promises';
import type { WriteStream } from 'node:tty';
import { toPrintable, toPrintableJson } from '../../core/printable.js';
import type { StatusInvocation } from '../../run/command-line/invocation.js';
import { type BridgeTarget, findTarget } from '../bridge-target.js';
import { columnsOf, createPaint, type Piece, showLine } from '../terminal-text.js';
import type { CommandContext } from '../context.js';
import { askStatus, type StatusAnswer } from './ask-status.js';
import { toStatusLines } from './show-status.js';

/** Live in a terminal; once where it is asked for, as JSON, and into a pipe. Resolves with the exit code. */
export async function runStatus(invocation: StatusInvocation, context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  const target = await findTarget({ ...invocation, keyFor: 'operator' }, env);
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const stopListening = context.onInterrupt(() => interrupt.abort());
  try {
    const answer = await askStatus(target, signal);
    if (answer.type === 'failed') {
      stderr.write(toPrintable(`thrum-bridge: ${answer.message}\n`));
      return 1;
    }
    if (invocation.json) {
      stdout.write(toPrintableJson(answer.text.endsWith('\n') ? answer.text : `${answer.text}\n`));
    } else if (invocation.once || !stdout.isTTY) {
      const paint = createPaint(stdout, env);
      for (const line of toStatusLines(answer.status, target.base.origin, answer.now))
        stdout.write(`${showLine(line, columnsOf(stdout), paint)}\n`);
    } else {
      await watchStatus(target, answer, signal, context);
    }
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    return 0;
  } finally {
    stopListening();
  }
}

const PERIOD_MS = 1_000;

/**
 * Shows it each second anew, until it is interrupted.
 * @param first the bridge's first answer. A bridge that goes away may come back: its last figures stay until then.
 */
async function watchStatus(
  target: BridgeTarget,
  first: StatusAnswer,
  signal: AbortSignal,
  { stdout, env }: CommandContext,
): Promise<void> {
  const paint = createPaint(stdout, env);
  const screen = new Screen(stdout);
  let lines: readonly (readonly Piece[])[] = [];
  let problem: readonly (readonly Piece[])[] = [];
  const draw = () =>
    screen.draw([...lines, ...problem].map((line) => showLine(line, columnsOf(stdout), paint)));
  const take = (answer: StatusAnswer) => {
    if (answer.type === 'failed') {
      problem = [[], [{ text: answer.message, colour: 'red' }]];
    } else {
      lines = toStatusLines(answer.status, target.base.origin, answer.now);
      problem = [];
    }
    draw();
  };
  stdout.on('resize', draw);
  try {
    take(first);
    for (;;) {
      await setTimeout(PERIOD_MS, undefined, { signal });
      take(await askStatus(target, signal));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stdout.off('resize', draw);
    screen.close();
  }
}

/** The terminal's second page, and no cursor. */
const OPEN = '\u001b[?1049h\u001b[?25l';
const CLOSE = '\u001b[?25h\u001b[?1049l';
const TO_TOP = '\u001b[H';
const CLEAR_REST_OF_LINE = '\u001b[K';
const CLEAR_REST = '\u001b[J';

class Screen {
  readonly #terminal: WriteStream;

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
    terminal.write(OPEN);
  }

  /** Lines that do not fit below are left out; each must fit in the width. */
  draw(lines: readonly string[]): void {
    const { rows } = this.#terminal;
    const shown = rows > 0 ? lines.slice(0, rows - 1) : lines;
    const page = shown.map((line) => `${line}${CLEAR_REST_OF_LINE}\n`).join('');
    this.#terminal.write(TO_TOP + page + CLEAR_REST);
  }

  close(): void {
    this.#terminal.write(CLOSE);
  }
}
