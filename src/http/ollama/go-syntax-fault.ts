/** The texts in which Go's JSON scanner complains. */
import { Fault } from '../../core/fault.js';

/** The body ends within a value. */
export function unexpectedEnd(): Fault {
  return new Fault('bad-request', 'unexpected EOF');
}

export function exceededMaxDepth(): Fault {
  return new Fault('bad-request', 'exceeded max depth');
}

/** The character at `index` of `text` may not stand there; `context` says where: `after array element`. */
export function invalidCharacter(text: string, index: number, context: string): Fault {
  return new Fault('bad-request', `invalid character ${quoteCharacter(text, index)} ${context}`);
}

/** As Go's `quoteChar`, which sees bytes: of a character outside ASCII it shows the first, read as Latin-1. */
function quoteCharacter(text: string, index: number): string {
  const [byte = 0] = Buffer.from(String.fromCodePoint(text.codePointAt(index) ?? 0));
  switch (byte) {
    case 0x27:
      return "'\\''";
    case 0x5c:
      return "'\\\\'";
    case 0x07:
      return "'\\a'";
    case 0x08:
      return "'\\b'";
    case 0x09:
      return "'\\t'";
    case 0x0a:
      return "'\\n'";
    case 0x0b:
      return "'\\v'";
    case 0x0c:
      return "'\\f'";
    case 0x0d:
      return "'\\r'";
    default:
      return byte < 0x20 || byte === 0x7f
        ? `'\\x${byte.toString(16).padStart(2, '0')}'`
        : `'${String.fromCharCode(byte)}'`;
  }
}
