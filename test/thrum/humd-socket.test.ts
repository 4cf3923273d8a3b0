/** What is remembered and said of one socket on which a humd may listen. */
import { expect, test } from 'vitest';
import { HumdSocket } from '../../src/thrum/link/humd-socket.js';
import type { DialFailure } from '../../src/thrum/link/dial-failure.js';
import { readableLog } from '../log-lines.js';

const ABSENT: DialFailure = { kind: 'absent', reason: 'ENOENT' };
const MUTE: DialFailure = { kind: 'mute' };
const REFUSED: DialFailure = { kind: 'refused', theirVersion: '99.0', reason: undefined };

const [DEBUG, WARN, ERROR] = [20, 40, 50];

function createSocket(isAwaited = false) {
  const { log, lines } = readableLog('debug');
  const socket = new HumdSocket(() => '/a', log, isAwaited);
  return { socket, levels: () => lines.map(({ level }) => level), lines };
}

test('a failure is a warning once, and again after another kind or a success; that humd refuses us is an error', () => {
  const { socket, levels, lines } = createSocket();
  for (const failure of [ABSENT, ABSENT, MUTE, ABSENT, REFUSED, REFUSED]) socket.fail(failure, 0);
  expect(levels()).toEqual([WARN, DEBUG, WARN, WARN, ERROR, DEBUG]);
  socket.succeed();
  socket.fail(REFUSED, 0);
  expect(levels().at(-1)).toBe(ERROR);
  expect(lines.at(-1)?.msg).toBe(socket.complaint);
});

test('that there is none is no news where none is expected yet; anything else is', () => {
  const { socket, levels } = createSocket(true);
  for (const failure of [ABSENT, MUTE]) socket.fail(failure, 0);
  socket.isAwaited = false;
  socket.fail(ABSENT, 0);
  expect(levels()).toEqual([DEBUG, WARN, WARN]);
});

test('the complaint is of the last failure, none after a success, and each dial is noted', () => {
  const { socket } = createSocket();
  expect(socket.checkedAt).toBeUndefined();
  socket.fail(MUTE, 0);
  expect(socket.complaint).toMatch(/does not answer the hello/);
  expect(socket.checkedAt).toBeTypeOf('number');
  socket.succeed();
  expect(socket.complaint).toMatch(/start it, or run the bridge with --nest embedded/);
});
