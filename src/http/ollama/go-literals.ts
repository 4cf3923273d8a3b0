/** Scans the JSON values that hold no others. Each function takes where a value begins and returns the index behind it. */
import { invalidCharacter, unexpectedEnd } from './go-syntax-fault.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

export function isSpace(text: string, at: number): boolean {
  const character = text[at];
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

export function scanString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < FIRST_PRINTABLE) throw invalidCharacter(text, at, 'in string literal');
    if (code === BACKSLASH) at = scanEscape(text, at + 1);
  }
  throw unexpectedEnd();
}

/** Returns the index of the escape's last character. */
function scanEscape(text: string, at: number): number {
  const character = text[at];
  if (character === undefined) throw unexpectedEnd();
  if (character !== 'u') {
    if (!'"\\/bfnrt'.includes(character)) throw invalidCharacter(text, at, 'in string escape code');
    return at;
  }
  for (let digit = at + 1; digit <= at + 4; digit++) {
    const hexadecimal = text[digit];
    if (hexadecimal === undefined) throw unexpectedEnd();
    if (!/[\da-fA-F]/.test(hexadecimal)) {
      throw invalidCharacter(text, digit, 'in \\u hexadecimal character escape');
    }
  }
  return at + 4;
}

/** `literal` is `true`, `false` or `null`; its first letter has been seen. */
export function scanLiteral(text: string, start: number, literal: string): number {
  for (let offset = 1; offset < literal.length; offset++) {
    const found = text[start + offset];
    if (found === undefined) throw unexpectedEnd();
    const wanted = literal[offset];
    if (found !== wanted) {
      throw invalidCharacter(text, start + offset, `in literal ${literal} (expecting '${wanted}')`);
    }
  }
  return start + literal.length;
}

export function scanNumber(text: string, start: number): number {
  let at = text[start] === '-' ? start + 1 : start;
  at = text[at] === '0' ? at + 1 : scanDigits(text, at, 'in numeric literal');
  if (text[at] === '.') at = scanDigits(text, at + 1, 'after decimal point in numeric literal');
  if (text[at] === 'e' || text[at] === 'E') {
    const isSigned = text[at + 1] === '+' || text[at + 1] === '-';
    at = scanDigits(text, at + (isSigned ? 2 : 1), 'in exponent of numeric literal');
  }
  return at;
}

/** At least one digit. */
function scanDigits(text: string, start: number, context: string): number {
  let at = start;
  while (isDigit(text[at])) at++;
  if (at > start) return at;
  if (at >= text.length) throw unexpectedEnd();
  throw invalidCharacter(text, at, context);
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}
