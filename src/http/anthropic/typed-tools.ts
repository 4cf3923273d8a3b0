/** Anthropic's own tools that the client runs, which Claude knows by their type, as functions that any model can call. */
import type { Tool } from '../../core/request.js';

type Properties = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const text = (description: string) => ({ type: 'string', description });
const whole = (description: string) => ({ type: 'integer', description });
const oneOf = (values: readonly string[], description: string) => ({
  type: 'string',
  enum: values,
  description,
});
const pair = (description: string) => ({
  type: 'array',
  items: { type: 'integer' },
  minItems: 2,
  maxItems: 2,
  description,
});

function schema(properties: Properties, required: readonly string[]): Tool['inputSchema'] {
  return { type: 'object', properties, required };
}

const VIEW_RANGE = pair(
  'The first and last line to show, from 1; -1 for the end of the file. Only for `view` of a file.',
);
const FILE_TEXT = text('The content of the new file. Required for `create`.');
const OLD_STR = text('The text to replace, which must occur exactly once. Required for `str_replace`.');
const NEW_STR = text('The text to put in its place. Required for `str_replace`.');
const INSERT_LINE = whole('The line behind which to insert; 0 for the beginning. Required for `insert`.');

/** The older editor has `undo_edit`, and inserts `new_str`; the newer ones insert `insert_text`. */
function editor(isOlder: boolean): Pick<Tool, 'description' | 'inputSchema'> {
  const commands = ['view', 'create', 'str_replace', 'insert', ...(isOlder ? ['undo_edit'] : [])];
  return {
    description: 'Views, creates and edits text files. State is kept between calls.',
    inputSchema: schema(
      {
        command: oneOf(commands, 'What to do.'),
        path: text('The absolute path of the file or folder.'),
        file_text: FILE_TEXT,
        old_str: OLD_STR,
        new_str: isOlder
          ? text('The text to put in its place, or to insert. Required for `insert`.')
          : NEW_STR,
        insert_line: INSERT_LINE,
        ...(isOlder ? {} : { insert_text: text('The text to insert. Required for `insert`.') }),
        view_range: VIEW_RANGE,
      },
      ['command', 'path'],
    ),
  };
}

const BASH: Pick<Tool, 'description' | 'inputSchema'> = {
  description: 'Runs a command in a bash shell whose state is kept between calls.',
  inputSchema: schema(
    {
      command: text('The command to run. Required unless the shell is restarted.'),
      restart: { type: 'boolean', description: 'True to start the shell anew.' },
    },
    [],
  ),
};

const MEMORY: Pick<Tool, 'description' | 'inputSchema'> = {
  description:
    'Keeps files in the folder /memories, which are still there in later conversations. Look there first, and write down what will be needed.',
  inputSchema: schema(
    {
      command: oneOf(['view', 'create', 'str_replace', 'insert', 'delete', 'rename'], 'What to do.'),
      path: text('The path of the file or folder, below /memories. Required but for `rename`.'),
      view_range: VIEW_RANGE,
      file_text: FILE_TEXT,
      old_str: OLD_STR,
      new_str: NEW_STR,
      insert_line: INSERT_LINE,
      insert_text: text('The text to insert. Required for `insert`.'),
      old_path: text('The path to rename. Required for `rename`.'),
      new_path: text('The new path. Required for `rename`.'),
    },
    ['command'],
  ),
};

const ACTIONS = [
  ...['screenshot', 'key', 'type', 'mouse_move', 'left_click', 'left_click_drag', 'right_click'],
  ...['middle_click', 'double_click', 'triple_click', 'left_mouse_down', 'left_mouse_up', 'scroll'],
  ...['hold_key', 'wait', 'cursor_position', 'zoom'],
];

const COMPUTER: Pick<Tool, 'description' | 'inputSchema'> = {
  description:
    'Uses a computer by its screen, mouse and keyboard. Take a screenshot to see what an action did.',
  inputSchema: schema(
    {
      action: oneOf(ACTIONS, 'What to do.'),
      coordinate: pair('Where on the screen, x and y in pixels.'),
      start_coordinate: pair('Where a drag begins.'),
      text: text('The text to type, or the keys to press: `ctrl+s`.'),
      scroll_direction: oneOf(['up', 'down', 'left', 'right'], 'Where to scroll.'),
      scroll_amount: whole('How far to scroll, in clicks of the wheel.'),
      duration: { type: 'number', description: 'How long to wait or hold, in seconds.' },
      region: {
        type: 'array',
        items: { type: 'integer' },
        description: 'The part of the screen to zoom into: x0, y0, x1, y1.',
      },
    },
    ['action'],
  ),
};

/** By what the type begins with, the longest first. */
const KINDS: readonly (readonly [prefix: string, Pick<Tool, 'description' | 'inputSchema'>])[] = [
  ['bash_20', BASH],
  ['text_editor_20241022', editor(true)],
  ['text_editor_20250124', editor(true)],
  ['text_editor_20', editor(false)],
  ['memory_20', MEMORY],
  ['computer_20', COMPUTER],
];

/** None for what Anthropic's servers run, and for types that are not known here. @param kind the tool's own `type` */
export function toTypedTool(kind: unknown, name: unknown): readonly Tool[] {
  if (typeof kind !== 'string' || typeof name !== 'string' || name === '') return [];
  const known = KINDS.find(([prefix]) => kind.startsWith(prefix));
  return known === undefined ? [] : [{ name, ...known[1] }];
}
