/** Finds the first JSON value of a text, or says in Go's words why there is none. */
import { MAX_NESTING } from '../body/nesting.js';
import { isSpace, scanLiteral, scanNumber, scanString } from './go-literals.js';
import { exceededMaxDepth, invalidCharacter, unexpectedEnd } from './go-syntax-fault.js';

/** What may come next. */
type Expectation = 'value' | 'first-element' | 'key' | 'first-key' | 'colon' | 'separator';

const VALUE = 'looking for beginning of value';
const KEY = 'looking for beginning of object key string';

/**
 * The index behind the first value of `text`. Throws `bad-request` with the text of Go's scanner if the value is broken,
 * cut off or nested too deep. One pass with a stack of its own: hostile depth costs nothing.
 */
export function endOfFirstValue(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expectation = 'value';
  let at = 0;
  for (;;) {
    while (isSpace(text, at)) at++;
    const character = text[at];
    if (character === undefined) throw unexpectedEnd();
    switch (expected) {
      case 'first-element':
      case 'value':
        if (expected === 'first-element' && character === ']') {
          open.pop();
          at++;
        } else if (character === '{' || character === '[') {
          if (open.push(character) > MAX_NESTING) throw exceededMaxDepth();
          at++;
          expected = character === '{' ? 'first-key' : 'first-element';
          continue;
        } else {
          at = scanScalar(text, at, character);
        }
        break;
      case 'first-key':
      case 'key':
        if (expected === 'first-key' && character === '}') {
          open.pop();
          at++;
          break;
        }
        if (character !== '"') throw invalidCharacter(text, at, KEY);
        at = scanString(text, at);
        expected = 'colon';
        continue;
      case 'colon':
        if (character !== ':') throw invalidCharacter(text, at, 'after object key');
        at++;
        expected = 'value';
        continue;
      case 'separator': {
        const inObject = open.at(-1) === '{';
        if (character === ',') {
          at++;
          expected = inObject ? 'key' : 'value';
          continue;
        }
        if (character !== (inObject ? '}' : ']')) {
          throw invalidCharacter(text, at, inObject ? 'after object key:value pair' : 'after array element');
        }
        open.pop();
        at++;
        break;
      }
      default:
        return expected satisfies never;
    }
    if (open.length === 0) return at;
    expected = 'separator';
  }
}

function scanScalar(text: string, at: number, first: string): number {
  switch (first) {
    case '"':
      return scanString(text, at);
    case 't':
      return scanLiteral(text, at, 'true');
    case 'f':
      return scanLiteral(text, at, 'false');
    case 'n':
      return scanLiteral(text, at, 'null');
    default:
      if (first === '-' || (first >= '0' && first <= '9')) return scanNumber(text, at);
      throw invalidCharacter(text, at, VALUE);
  }
}
