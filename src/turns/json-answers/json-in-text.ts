/** Takes the JSON out of a whole answer that has fences or prose around it. */
import { JsonScanner } from '../../core/json-scanner.js';
import { findStart, type JsonRoot } from './find-start.js';

const FENCED = /```[^\n`]*\n([\s\S]*?)```/;
/** How many brackets in prose are tried before a value is given up. */
const MAX_CANDIDATES = 32;

/**
 * The first value in `text` that `complaintAbout` has nothing against: the whole text, what stands in a code fence, or an
 * object or array somewhere in it. Undefined if there is none; rejects
 * as `complaintAbout` does.
 */
export async function findJson(
  text: string,
  root: JsonRoot,
  complaintAbout: (json: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (const json of candidates(text, root)) if ((await complaintAbout(json)) === undefined) return json;
  return undefined;
}

function* candidates(text: string, root: JsonRoot): Generator<string> {
  yield text.trim();
  const fenced = FENCED.exec(text)?.[1];
  if (fenced !== undefined) yield fenced.trim();
  if (root === undefined) return;
  let start = findStart(text, root);
  for (let tries = 0; start !== -1 && tries < MAX_CANDIDATES; tries++) {
    const rest = text.slice(start);
    const end = new JsonScanner().scan(rest);
    if (end !== -1) yield rest.slice(0, end);
    start = findStart(text, root, start + 1);
  }
}
