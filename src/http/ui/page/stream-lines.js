/** The lines of a body as they come. */

/** Calls `onLine` for each, without its end; rejects if the body breaks off. */
export async function readLines(body, onLine) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value = '' } = await reader.read();
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (done) break;
  }
  if (rest !== '') onLine(rest);
}
