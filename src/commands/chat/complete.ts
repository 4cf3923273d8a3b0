/** What Tab makes of a line that is being typed. */
import { CHAT_COMMANDS } from './typed.js';

const MODEL = '/model ';

/** The whole lines that it may become, and the line: as `node:readline` wants it. */
export function completeLine(line: string, models: readonly string[]): [string[], string] {
  const all = line.startsWith(MODEL) ? models.map((model) => MODEL + model) : CHAT_COMMANDS;
  const hits = line.startsWith('/') ? all.filter((one) => one.startsWith(line)) : [];
  return [hits, line];
}
