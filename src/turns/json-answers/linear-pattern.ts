/** Regular expressions that take linear time, whatever they and the text are: a client writes them. */
import { RE2JS } from 're2js';

/** What ajv asks of an engine. */
interface Pattern {
  test(text: string): boolean;
}

/**
 * The engine for `pattern` and `patternProperties`, in the place of JavaScript's own, which takes exponential time for
 * `(a+)+$`. Throws for what cannot be matched in linear time: look-around, back-references, counts beyond 1,000.
 */
export function compileLinearPattern(source: string): Pattern {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown';
    throw new Error(
      `a 'pattern' cannot be used here, where look-around and back-references are not: ${reason}`,
      {
        cause,
      },
    );
  }
}

/** How ajv would name it in code that it writes to a file, which nobody does here. */
compileLinearPattern.code = 'compileLinearPattern';
