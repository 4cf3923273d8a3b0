/** A short run of `npm run chaos`, in which everything goes wrong at least once, and the checks that it stands on. */
import { describe, expect, it } from 'vitest';
import { createPlan } from '../chaos/plan.js';
import { findFailures, showReport } from '../chaos/report.js';
import { runChaos } from '../chaos/run-chaos.js';
import type { Exchange } from '../load/exchange.js';
import { judge } from '../load/judge.js';
import { tokensOf } from '../load/numbered-answer.js';
import { ollamaChat } from '../load/ollama-routes.js';
import { openaiChat } from '../load/openai-routes.js';

const SEED = Number(process.env['CHAOS_SEED'] ?? 1);

describe('with clients and humd that misbehave', () => {
  // Its length is that of the timeouts which the lost tones run into.
  it(`every turn ends exactly once, with its whole text or an error (CHAOS_SEED=${SEED})`, async () => {
    const report = await runChaos({ seed: SEED, turns: 200, seconds: 3 });
    expect(findFailures(report), showReport(report)).toEqual([]);
    expect(report.tally.turns).toBeGreaterThanOrEqual(200);
    expect(report.tally.whole, showReport(report)).toBeGreaterThan(40);
    expect([...report.injected.keys()]).toEqual(
      expect.arrayContaining(['big-line', 'break-link', 'garbage', 'kill-worker', 'restart-humd']),
    );
  }, 60_000);
});

describe('a plan', () => {
  it('is the same for the same seed, and another one for another', () => {
    const size = { seed: 7, turns: 50, seconds: 5 };
    expect(createPlan(size)).toEqual(createPlan(size));
    expect(createPlan({ ...size, seed: 8 }).hash).not.toBe(createPlan(size).hash);
  });
});

describe('the judge of an answer', () => {
  const answer = { id: 't1', tokens: 4, padding: 0 };
  const right = tokensOf(answer);
  const line = (content: string) => `${JSON.stringify({ message: { content }, done: false })}\n`;
  const done = `${JSON.stringify({ message: { content: '' }, done: true })}\n`;
  const verdictOf = (body: string, kind: Exchange['kind'] = 'answered', status = 200) =>
    judge({ kind, status, body }, ollamaChat, true, answer).kind;
  const said = (...tokens: readonly (string | undefined)[]) =>
    tokens.map((token) => line(token ?? '')).join('');

  it.each([
    ['all of it', said(...right) + done, 'whole'],
    ['a piece in the middle is missing', said(right[0], right[1], right[3]) + done, 'lost'],
    ['the last piece is missing', said(right[0], right[1], right[2]) + done, 'lost'],
    ['a piece came twice', said(right[0], right[0], right[1], right[2], right[3]) + done, 'duplicated'],
    ['a piece is of another turn', said(...right, 't2:4 ') + done, 'duplicated'],
    ['it ends twice', said(...right) + done + done, 'duplicated'],
    ['it ends and fails', `${said(...right)}${done}{"error":"x"}\n`, 'duplicated'],
    ['it stops as if it were complete', said(...right), 'lost'],
    ['it fails in the middle', `${said(right[0])}{"error":"x"}\n`, 'error'],
    ['a piece is missing before it fails', `${said(right[1])}{"error":"x"}\n`, 'lost'],
    ['it is not what the route speaks', '{"message":', 'lost'],
  ])('sees when %s', (_, body, kind) => {
    expect(verdictOf(body)).toBe(kind);
  });

  it('sees when there is no end in time, when the connection breaks, and when the answer is an error', () => {
    expect(verdictOf(said(right[0]), 'overdue')).toBe('unended');
    expect(verdictOf(said(right[0]), 'cut')).toBe('cut');
    expect(verdictOf('', 'cut', 0)).toBe('cut');
    expect(verdictOf('{"error":"x"}', 'answered', 502)).toBe('error');
    expect(verdictOf(`${said(right[0], right[0])}`, 'left')).toBe('duplicated');
    expect(verdictOf(`${said(right[0])}{"mess`, 'left')).toBe('left');
  });

  it('takes an event stream for complete only with its [DONE]', () => {
    const frame = (choice: object) => `data: ${JSON.stringify({ choices: [choice] })}\n\n`;
    const body = frame({ delta: { content: right.join('') } }) + frame({ delta: {}, finish_reason: 'stop' });
    const of = (text: string) =>
      judge({ kind: 'answered', status: 200, body: text }, openaiChat, true, answer).kind;
    expect(of(`${body}data: [DONE]\n\n`)).toBe('whole');
    expect(of(body)).toBe('lost');
  });
});
