/** Every message that the guide for faults quotes is one that the program writes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join('src', path), 'utf8'))
  .join('\n');

/** The code spans with a space in the first cell of each row: messages, with `…` for what differs. */
const messages = readFileSync('hives/TROUBLESHOOTING.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split(' | ')[0] ?? '')
  .flatMap((cell) => [...cell.matchAll(/`([^`]* [^`]*)`/g)].map(([, message = '']) => message));

/** What the program puts together from pieces. */
const COMPOSED = new Map([
  ['nest: embedded (no humd at …)', ['nest: ', 'embedded (', 'no humd at ']],
  ['the key file cannot be made', ['the key file cannot ', "'be made'"]],
  ['… does not support tools', [' does not support ', "'tools'"]],
]);

describe('the guide for faults', () => {
  it('quotes some messages', () => {
    expect(messages.length).toBeGreaterThan(12);
  });

  it.each(messages)('quotes "%s" as the program writes it', (message) => {
    const pieces = COMPOSED.get(message) ?? message.split('…').map((piece) => piece.trim());
    expect(pieces.filter((piece) => !sources.includes(piece))).toEqual([]);
  });
});
