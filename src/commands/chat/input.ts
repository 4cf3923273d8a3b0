/** What can be typed in a chat: a message of one line or several, or a command; and what Tab makes of it. */

export type ChatInput =
  | { readonly type: 'nothing' }
  | { readonly type: 'message'; readonly text: string }
  /** An empty text takes the instruction away. */
  | { readonly type: 'system'; readonly text: string }
  /** An empty name asks which one it is. */
  | { readonly type: 'model'; readonly name: string }
  | { readonly type: 'models' | 'clear' | 'help' }
  | { readonly type: 'bye' }
  | { readonly type: 'unknown'; readonly command: string };

export const CHAT_COMMANDS = ['/system', '/model', '/models', '/clear', '/help', '/bye'] as const;

export const CHAT_HELP = `/system text   what the model is told before everything else; without a text, nothing
/model name    asks this model from now on; without a name, says which one it is
/models        lists the models
/clear         forgets what was said
/bye           ends, as Ctrl-D does, and Ctrl-C where nothing is typed
./cat.png      a path in a message, absolute or with ./ or ~/: the image goes along
"""            begins a message of several lines, and ends it; also after /system
Ctrl-C         while the model answers, stops it
Arrow keys     bring back what was typed before; Tab completes commands and models
`;

/** A command is one word after a slash, so that a path may begin a message. */
const COMMAND = /^\/([\w?-]*)(?:\s+([\s\S]*))?$/;

function readChatInput(text: string): ChatInput {
  const trimmed = text.trim();
  if (trimmed === '') return { type: 'nothing' };
  const [, name, argument = ''] = COMMAND.exec(trimmed) ?? [];
  switch (name) {
    case undefined:
      return { type: 'message', text: trimmed };
    case 'system':
      return { type: 'system', text: argument };
    case 'model':
      return { type: 'model', name: argument };
    case 'models':
    case 'clear':
    case 'help':
    case 'bye':
      return { type: name };
    case '?':
      return { type: 'help' };
    case 'exit':
    case 'quit':
      return { type: 'bye' };
    default:
      return { type: 'unknown', command: `/${name}` };
  }
}

const MODEL_COMMAND = '/model ';

/** What Tab makes of a line: the whole lines that it may become, and the line, as `node:readline` wants it. */
export function completeLine(line: string, models: readonly string[]): [string[], string] {
  const all = line.startsWith(MODEL_COMMAND) ? models.map((model) => MODEL_COMMAND + model) : CHAT_COMMANDS;
  const hits = line.startsWith('/') ? all.filter((one) => one.startsWith(line)) : [];
  return [hits, line];
}

const QUOTES = '"""';
const OPENING = /^\s*(\/system\s+)?"""([\s\S]*)$/;

export class Draft {
  /** The lines between the quotes so far; undefined outside of them. */
  #quoted: string[] | undefined;
  #isSystem = false;

  /** True between the quotes. */
  get isOpen(): boolean {
    return this.#quoted !== undefined;
  }

  /** Undefined until the closing quotes have come. What stands between quotes is no command. */
  add(line: string): ChatInput | undefined {
    if (this.#quoted !== undefined) return this.#continue(this.#quoted, line);
    const [, system, rest] = OPENING.exec(line) ?? [];
    if (rest === undefined) return readChatInput(line);
    this.#isSystem = system !== undefined;
    this.#quoted = [];
    // An opening line with nothing behind its quotes is no line of the text.
    return rest === '' ? undefined : this.#continue(this.#quoted, rest);
  }

  /** Takes back what stands between the quotes so far. */
  drop(): void {
    this.#quoted = undefined;
  }

  #continue(quoted: string[], line: string): ChatInput | undefined {
    const end = line.trimEnd();
    if (!end.endsWith(QUOTES)) {
      quoted.push(line);
      return undefined;
    }
    const last = end.slice(0, -QUOTES.length);
    const text = [...quoted, ...(last === '' ? [] : [last])].join('\n');
    this.#quoted = undefined;
    if (this.#isSystem) return { type: 'system', text };
    return text.trim() === '' ? { type: 'nothing' } : { type: 'message', text };
  }
}
