/** The form that sends a chat, and the panes that show what becomes of it. */
import { byId, element, setText } from './element.js';
import { createPane } from './pane.js';
import { runChat } from './run-chat.js';
import { SURFACES } from './surfaces.js';
import { answerCall, EXAMPLE_TOOLS, parseTools } from './tools.js';

/** Requests and their watchers come to one process or another, as it happens. */
const MANY_PROCESSES =
  'The bridge runs in several processes: tones show only if the request came to the one that this pane asked.';

export function startPlayground() {
  const surface = byId('surface');
  const model = byId('model');
  const message = byId('message');
  const form = byId('chat-form');
  const send = byId('send');
  const stop = byId('stop');
  const state = byId('chat-state');
  const panes = {
    request: createPane('request'),
    tones: createPane('tones'),
    response: createPane('response'),
  };
  const answer = createAnswer();
  let conversation = [];
  let running;
  let hasManyProcesses = false;

  surface.append(
    ...SURFACES.map(({ name, path }) => element('option', [`${name} ${path}`], { value: path })),
  );
  byId('tools').value = EXAMPLE_TOOLS;

  const view = {
    request: (method, path, headers, body) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      panes.request.add([`${method} ${path}`, ...lines, '', body, ''].join('\n'));
    },
    tone: ({ direction, line }) => panes.tones.add(`${direction} ${line}`),
    noTones: (reason) => panes.tones.add(`No tones: ${reason}.`),
    line: (line) => panes.response.add(line),
    part: (part) => answer.add(part),
    result: ({ name }, text) => answer.note(`Result of ${name}: ${text}`),
  };

  const run = async () => {
    const tools = readTools();
    if (tools === undefined || running !== undefined) return;
    const controller = new AbortController();
    running = controller;
    setRunning(true);
    for (const pane of Object.values(panes)) pane.clear();
    if (hasManyProcesses) panes.tones.add(MANY_PROCESSES);
    answer.begin();
    setText(state, 'Answering …');
    const before = conversation.length;
    conversation.push({ role: 'user', text: message.value });
    const chosen = SURFACES.find(({ path }) => path === surface.value);
    const chat = { surface: chosen, model: model.value, system: byId('system').value, tools };
    const toResult = async (call) => answerCall(call) ?? (await askForResult(call, controller.signal));
    try {
      setText(state, `Done: ${await runChat(chat, conversation, view, toResult, controller.signal)}.`);
    } catch (error) {
      // What was not answered is not a part of the conversation: the next message would carry it along.
      conversation = conversation.slice(0, before);
      const isStopped = controller.signal.aborted;
      setText(state, isStopped ? 'Stopped.' : 'Failed.');
      if (!isStopped) answer.fail(error.message);
    } finally {
      running = undefined;
      answer.end();
      setRunning(false);
    }
  };

  const setRunning = (isRunning) => {
    // The one that has the focus keeps it: a button that is disabled would lose it.
    if (isRunning) {
      stop.disabled = false;
      if (document.activeElement === send) stop.focus();
      send.disabled = true;
    } else {
      send.disabled = false;
      if (document.activeElement === stop) send.focus();
      stop.disabled = true;
    }
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  stop.addEventListener('click', () => running?.abort());
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') running?.abort();
  });
  byId('renew').addEventListener('click', () => {
    running?.abort();
    conversation = [];
    for (const pane of Object.values(panes)) pane.clear();
    answer.begin();
    answer.end();
    setText(state, 'Nothing has been sent.');
    message.focus();
  });

  return {
    /** Goes by what the bridge says of itself. */
    adapt({ models, processes }) {
      hasManyProcesses = processes.length > 1;
      const names = models.filter(({ listed }) => listed).map(({ id }) => id);
      const shown = [...model.options].map(({ value }) => value);
      if (shown.join('\n') === names.join('\n')) return;
      const chosen = model.value;
      model.replaceChildren(...names.map((name) => element('option', [name], { value: name })));
      if (names.includes(chosen)) model.value = chosen;
    },
  };
}

/** The tools to offer; undefined if they cannot be read, which is then said. */
function readTools() {
  const problem = byId('tools-problem');
  const editor = byId('tools');
  setText(problem, '');
  editor.removeAttribute('aria-invalid');
  if (!byId('with-tools').checked) return [];
  try {
    return parseTools(editor.value);
  } catch (error) {
    setText(problem, error.message);
    editor.setAttribute('aria-invalid', 'true');
    editor.closest('details').open = true;
    editor.focus();
    return undefined;
  }
}

/** Resolves with what the user says that the call gives; rejects if the turn is stopped meanwhile. */
function askForResult({ name, input }, signal) {
  const form = byId('result-form');
  const field = byId('result');
  setText(byId('result-label'), `Result of ${name} ${JSON.stringify(input)}`);
  field.value = '';
  form.hidden = false;
  field.focus();
  return new Promise((resolve, reject) => {
    const done = () => {
      form.hidden = true;
      form.onsubmit = null;
      signal.removeEventListener('abort', leave);
      byId('stop').focus();
    };
    const leave = () => {
      done();
      reject(signal.reason);
    };
    signal.addEventListener('abort', leave);
    form.onsubmit = (event) => {
      event.preventDefault();
      done();
      resolve(field.value);
    };
  });
}

/** The answer as a reader wants it: what was asked, reasoning, text, calls and their results. */
function createAnswer() {
  const shown = byId('answer');
  let open;
  const write = (kind, text) => {
    if (open?.kind !== kind) {
      open = { kind, line: element('p', [''], { class: kind }) };
      shown.append(open.line);
    }
    open.line.firstChild.appendData(text);
    shown.scrollTop = shown.scrollHeight;
  };
  const note = (kind, text) => {
    open = undefined;
    write(kind, text);
    open = undefined;
  };
  return {
    begin() {
      open = undefined;
      shown.replaceChildren();
      shown.setAttribute('aria-busy', 'true');
    },
    add({ reasoning = '', text = '', call }) {
      if (reasoning !== '') write('reasoning', reasoning);
      if (text !== '') write('text', text);
      if (call !== undefined) note('note', `Calls ${call.name} ${JSON.stringify(call.input)}`);
    },
    note: (text) => note('note', text),
    fail: (text) => note('failure', text),
    end: () => shown.setAttribute('aria-busy', 'false'),
  };
}
