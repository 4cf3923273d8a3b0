/** What somebody who chats has typed: a message, or a command about the conversation. */

export type Typed =
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
"""            begins a message of several lines, and ends it; also after /system
Ctrl-C         while the model answers, stops it
Arrow keys     bring back what was typed before; Tab completes commands and models
`;

/** A command is one word after a slash, so that a path may begin a message. */
const COMMAND = /^\/([\w?-]*)(?:\s+([\s\S]*))?$/;

export function readTyped(text: string): Typed {
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
