/** Finds the last message of the user in the text of a prompt, which may be the transcript of a whole conversation. */

const TURN_START = /^<turn role=[^>]*>\n?/m;
const TURN_END = '</turn>\n';
/** A `<turn` in a message carries one more backslash in the transcript than in the message. */
const ESCAPED_TURN = /<\\(?=\\*\/?\s*turn)/gi;

const SYSTEM_TURN = '<turn role="system">';

/** The part after the last turn of a transcript or, if that is empty, inside the last that is not the system's. Any other text as it is. */
export function toMessageToAnswer(text: string): string {
  if (!TURN_START.test(text)) return text;
  const end = lastTurnEnd(text);
  if (end === -1) return text;
  const after = text.slice(end + TURN_END.length).replace(/^\n/, '');
  return (after === '' ? insideOfLastTurn(text.slice(0, end)) : after).replace(ESCAPED_TURN, '<');
}

/** Where the last line `</turn>` begins, or -1. */
function lastTurnEnd(text: string): number {
  return `\n${text}\n`.lastIndexOf(`\n${TURN_END}`);
}

/** The last turn that is not the system's; where there is none, the first. @param text a transcript up to its last `</turn>` */
function insideOfLastTurn(text: string): string {
  let end = text.length;
  let start = text.lastIndexOf('\n<turn role=') + 1;
  while (text.startsWith(SYSTEM_TURN, start) && text.endsWith(TURN_END, start)) {
    end = start - TURN_END.length;
    start = text.lastIndexOf('\n<turn role=', end) + 1;
  }
  return text.slice(start, end).replace(TURN_START, '').replace(/\n$/, '');
}
