/** Keeps broken Unicode out of the bridge, as Go's decoder does. */

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
/** In this order: a surrogate pair, a surrogate alone, any other escape. */
const ESCAPES =
  /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|.)/gs;
const LONE_LENGTH = '\\udfff'.length;

/**
 * JSON text in which each escape of half a surrogate pair is `\ufffd`. Half a pair is no text in UTF-8: humd would drop
 * the whole prompt in silence.
 */
export function replaceLoneSurrogates(json: string): string {
  if (!SURROGATE_ESCAPE.test(json)) return json;
  return json.replace(ESCAPES, (found) => (found.length === LONE_LENGTH ? '\\ufffd' : found));
}
