/** Toolsets of Anthropic's that the client runs (browser, computer): one entry of `tools` stands for many tools, its members. */
import type { Tool } from '../../core/request.js';

/** A member as the model is offered it, and as the client knows it. */
export interface ToolsetMember {
  /** The name of the function: the member's own, with the family in front where another tool of the request has that name, too. */
  readonly offered: string;
  readonly name: string;
  /** `browser` or `computer`: the `toolset_name` of its calls. */
  readonly family: string;
  readonly isDeferred: boolean;
}

/** The entry of `tools` as far as it is read here. */
export interface ToolEntry {
  readonly type: string;
  readonly kind?: unknown;
  readonly name?: unknown;
  readonly configs?: unknown;
}

type Schema = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, Schema>>;
type Definition = readonly [
  description: string,
  required?: Properties,
  optional?: Properties,
  isOffByDefault?: true,
];
type Definitions = Readonly<Record<string, Definition>>;

const text = (description: string) => ({ type: 'string', description });
const whole = (description: string) => ({ type: 'integer', description });
const amount = (description: string) => ({ type: 'number', description });
const texts = (description: string) => ({ type: 'array', items: { type: 'string' }, description });
const wholes = (count: number, description: string) => ({
  type: 'array',
  items: { type: 'integer' },
  minItems: count,
  maxItems: count,
  description,
});

const DIRECTION = { type: 'string', enum: ['up', 'down', 'left', 'right'], description: 'Where to scroll.' };

const POINT = {
  type: 'object',
  description: 'A point in the viewport, in its pixels: those of a screenshot.',
  properties: {
    type: { type: 'string', enum: ['coordinate'] },
    x: whole('Pixels from the left edge.'),
    y: whole('Pixels from the top edge.'),
  },
  required: ['type', 'x', 'y'],
};
const ELEMENT = {
  type: 'object',
  description: 'An element of the page, by a reference that `read_page` or `find` gave for this tab.',
  properties: { type: { type: 'string', enum: ['ref'] }, ref: text('The reference: `ref_7`.') },
  required: ['type', 'ref'],
};
const CLICKED = {
  target: { description: 'Where to act: at a point, or on an element.', anyOf: [POINT, ELEMENT] },
};
const TAB = { tab_id: text('The tab to act on. Default: the active one.') };
const HELD_IN_BROWSER = {
  modifiers: text('Modifier keys to hold meanwhile: `shift`, `ctrl+shift`.'),
  ...TAB,
};

/** What `browser_toolset_20260801` has, by the types of Anthropic's SDK; the last four are off unless switched on. */
const BROWSER: Definitions = {
  navigate: [
    'Opens an address, or goes back, goes forward or reloads.',
    { url: text('The address, `https` without a protocol; or `back`, `forward` or `reload`.') },
    TAB,
  ],
  list_tabs: ['Lists all open tabs with id, title and address.'],
  new_tab: ['Opens a new empty tab and gives its id.'],
  switch_tab: [
    'Makes a tab the active one, which actions without a `tab_id` apply to.',
    { tab_id: text('The tab to switch to.') },
  ],
  close_tab: ['Closes a tab.', { tab_id: text('The tab to close.') }],
  read_page: [
    'Gives the accessibility tree of the page, or of a part of it, with references of elements. At most 50,000 characters.',
    {},
    {
      depth: whole('How deep to go. Default: 15.'),
      filter: {
        type: 'string',
        enum: ['all', 'interactive'],
        description: 'Default: what is visible. `all`: what is outside the viewport, too.',
      },
      ref: text('The element to begin at. Default: the root of the page.'),
      ...TAB,
    },
  ],
  get_page_text: ['Gives the visible text of the page, an article first. For pages to be read.', {}, TAB],
  find: [
    'Finds elements by a description in words, and gives at most 20 with their references.',
    { query: text('What to find: `search bar`.') },
    TAB,
  ],
  form_input: [
    'Sets the value of a form element: a boolean for a checkbox, an option or its text for a select.',
    {
      target: ELEMENT,
      value: {
        description: 'The value.',
        anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }],
      },
    },
    TAB,
  ],
  scroll_to: ['Scrolls an element into view.', { target: ELEMENT }, TAB],
  screenshot: ['Takes a screenshot of the viewport.', {}, TAB],
  zoom: [
    'Takes a screenshot of a part of the viewport, enlarged.',
    { region: wholes(4, 'x0, y0, x1, y1, in pixels of the viewport.') },
    TAB,
  ],
  left_click: ['Clicks at a point or on an element.', CLICKED, HELD_IN_BROWSER],
  right_click: ['Clicks with the right button at a point or on an element.', CLICKED, HELD_IN_BROWSER],
  middle_click: ['Clicks with the middle button at a point or on an element.', CLICKED, HELD_IN_BROWSER],
  double_click: ['Clicks twice at a point or on an element.', CLICKED, HELD_IN_BROWSER],
  triple_click: ['Clicks three times, which selects a line or paragraph.', CLICKED, HELD_IN_BROWSER],
  hover: ['Moves the pointer to a point or an element without a click.', CLICKED, TAB],
  left_click_drag: ['Drags from a point to another.', { from: POINT, target: POINT }, TAB],
  left_mouse_down: ['Presses the left button at a point and holds it.', { target: POINT }, TAB],
  left_mouse_up: ['Releases the left button at a point.', { target: POINT }, TAB],
  mouse_move: ['Moves the pointer to a point without a click.', { target: POINT }, TAB],
  scroll: [
    'Scrolls at a point.',
    { scroll_direction: DIRECTION, target: POINT },
    { scroll_amount: whole('Clicks of the wheel, 1 to 10. Default: 3.'), ...TAB },
  ],
  type: ['Types a text where the focus is.', { text: text('The text.') }, TAB],
  key: [
    'Presses keys: `ctrl+a`; one after the other with spaces between: `Backspace Delete`.',
    { text: text('The keys.') },
    { repeat: whole('How often. Default: 1.'), ...TAB },
  ],
  hold_key: [
    'Holds keys down for a time.',
    { duration: amount('How long, in seconds, at most 30.'), text: text('The keys, as for `key`.') },
    TAB,
  ],
  wait: ['Waits.', { duration: amount('How long, in seconds, at most 30.') }, TAB],
  file_upload: [
    'Sets the files of a file input. At least one of `paths` and `document_ids` is needed.',
    { target: ELEMENT },
    {
      paths: texts('Paths of files where the browser runs.'),
      document_ids: texts('Files that the client has put there, by their ids.'),
      ...TAB,
    },
    true,
  ],
  read_console: ['Gives what was written to the console since it was last read.', {}, TAB, true],
  read_network: ['Gives the network requests since they were last read.', {}, TAB, true],
  javascript_exec: [
    'Runs JavaScript in the page and gives the value of the last expression, without `return`.',
    { text: text('The JavaScript.') },
    TAB,
    true,
  ],
};

const WHERE = { coordinate: wholes(2, 'x and y: pixels from the left and the top edge.') };
const HELD = { text: text('Keys to hold meanwhile: `ctrl`, `ctrl+shift`.') };
const CLICK = { ...WHERE, ...HELD };

/** What `computer_toolset_20260801` has, by the types of Anthropic's SDK. */
const COMPUTER: Definitions = {
  key: [
    'Presses a key or a combination: `ctrl+s`, `alt+Tab`, `Page_Down`.',
    { text: text('The keys.') },
    { repeat: whole('How often. Default: 1.') },
  ],
  hold_key: [
    'Holds keys down for a time.',
    { duration: amount('How long, in seconds.'), text: text('The keys, as for `key`.') },
  ],
  type: ['Types a text.', { text: text('The text.') }],
  cursor_position: ['Gives where the pointer is, x and y in pixels.'],
  mouse_move: ['Moves the pointer without a click.', WHERE],
  left_mouse_down: ['Presses the left button where the pointer is, and holds it.'],
  left_mouse_up: ['Releases the left button.'],
  left_click: ['Clicks at a point, or where the pointer is.', {}, CLICK],
  left_click_drag: [
    'Drags from a point to another.',
    { ...WHERE, start_coordinate: wholes(2, 'Where the drag begins, x and y.') },
    HELD,
  ],
  right_click: ['Clicks with the right button at a point, or where the pointer is.', {}, CLICK],
  middle_click: ['Clicks with the middle button at a point, or where the pointer is.', {}, CLICK],
  double_click: ['Clicks twice at a point, or where the pointer is.', {}, CLICK],
  triple_click: ['Clicks three times at a point, or where the pointer is.', {}, CLICK],
  scroll: [
    'Scrolls at a point, or where the pointer is.',
    { scroll_amount: whole('Clicks of the wheel.'), scroll_direction: DIRECTION },
    CLICK,
  ],
  wait: ['Waits.', { duration: amount('How long, in seconds.') }],
  screenshot: ['Takes a screenshot of the screen.'],
  zoom: [
    'Takes a screenshot of a part of the screen, enlarged.',
    { region: wholes(4, 'x0, y0, x1, y1, in pixels of a whole screenshot.') },
  ],
};

const FAMILIES: readonly (readonly [prefix: string, family: string, definitions: Definitions])[] = [
  ['browser_toolset_20', 'browser', BROWSER],
  ['computer_toolset_20', 'computer', COMPUTER],
];

const NONE: readonly ToolsetMember[] = [];

function familyOf(entry: ToolEntry) {
  const { type, kind } = entry;
  if (type !== 'typed' || typeof kind !== 'string') return undefined;
  return FAMILIES.find(([prefix]) => kind.startsWith(prefix));
}

/** True for an entry that stands for a toolset. */
export function isToolset(entry: ToolEntry): boolean {
  return familyOf(entry) !== undefined;
}

/** The members that are switched on of all toolsets among `entries`, in their order. A family is offered once. */
export function toMembers(entries: readonly ToolEntry[]): readonly ToolsetMember[] {
  if (!entries.some(isToolset)) return NONE;
  const found = new Map<string, Omit<ToolsetMember, 'offered'>>();
  const count = new Map<unknown, number>();
  const counted = (name: unknown) => count.set(name, (count.get(name) ?? 0) + 1);
  for (const entry of entries) {
    const known = familyOf(entry);
    if (known === undefined) {
      counted(entry.name);
      continue;
    }
    const [, family, definitions] = known;
    for (const [name, config] of enabledOf(definitions, entry.configs)) {
      const key = `${family}_${name}`;
      if (found.has(key)) continue;
      found.set(key, { name, family, isDeferred: config['defer_loading'] === true });
      counted(name);
    }
  }
  return [...found].map(([key, member]) => ({
    offered: count.get(member.name) === 1 ? member.name : key,
    ...member,
  }));
}

/** @param configs what the client says of single members; one that is unknown here is offered where it is switched on by name */
function enabledOf(definitions: Definitions, configs: unknown): readonly (readonly [string, Schema])[] {
  const byName = new Map(Object.entries(isJson(configs) ? configs : {}));
  const names = new Set([...Object.keys(definitions), ...byName.keys()]);
  return [...names].flatMap((name) => {
    const known = definitionOf(definitions, name);
    const given = byName.get(name);
    const config = isJson(given) ? given : {};
    const isOn = config['enabled'] ?? (known !== undefined && known[3] !== true);
    // What is neither an object nor null switches the member off, as the SDK reads it.
    const isOff = given != null && !isJson(given);
    return isOn === true && !isOff ? [[name, config] as const] : [];
  });
}

function definitionOf(definitions: Definitions, name: string): Definition | undefined {
  return Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

function isJson(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The function that a model is offered for `member`. */
export function toMemberTool({ offered, name, family }: ToolsetMember): Tool {
  const definitions = FAMILIES.find(([, known]) => known === family)?.[2] ?? {};
  const [description, required = {}, optional = {}] = definitionOf(definitions, name) ?? [''];
  return {
    name: offered,
    description: `${description === '' ? name : description} (${family === 'browser' ? 'In the browser' : 'On the computer'}.)`,
    inputSchema: {
      type: 'object',
      properties: { ...required, ...optional },
      ...(Object.keys(required).length > 0 ? { required: Object.keys(required) } : {}),
    },
  };
}

/** The name that a call in the history has for the model. A toolset that is offered no more leaves the name as it is. */
export function offeredName(
  members: readonly ToolsetMember[],
  { name, toolset_name }: { readonly name: string; readonly toolset_name?: unknown },
): string {
  if (toolset_name == null) return name;
  const member = members.find((known) => known.family === toolset_name && known.name === name);
  return member?.offered ?? name;
}

/** What a call by the name `called` is for the client: a member's name and its family, or a tool's own name. */
export function clientName(
  members: readonly ToolsetMember[],
  called: string,
): { readonly name: string; readonly toolset_name?: string } {
  const member = members.find(({ offered }) => offered === called);
  return member === undefined ? { name: called } : { name: member.name, toolset_name: member.family };
}
