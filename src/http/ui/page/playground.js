/** The form that sends a chat, the conversation, and the panes that show what becomes of it. */
import { createConversationView } from './conversation-view.js';
import { copy } from './copy.js';
import { byId, element, setText } from './element.js';
import { startImages } from './images.js';
import { createPane } from './pane.js';
import { FORMS, shorten } from './request-code.js';
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
  const images = startImages();
  const panes = {
    tones: createPane('tones', 'What goes over the socket to hum and back.'),
    response: createPane('response', 'The answer as it comes, line by line.'),
  };
  const requests = createRequestPane();
  const view = createConversationView((text) => {
    message.value = text;
    message.focus();
  });
  let conversation = [];
  let running;
  let hasManyProcesses = false;

  surface.append(
    ...SURFACES.map(({ name, path }) => element('option', [`${name} ${path}`], { value: path })),
  );
  byId('tools').value = EXAMPLE_TOOLS;
  const copyResponse = byId('copy-response');
  copyResponse.addEventListener('click', () => void copy(panes.response.text, copyResponse));

  const clearPanes = () => {
    requests.clear();
    for (const pane of Object.values(panes)) pane.clear();
  };
  const sink = {
    request: (request) => requests.add(request),
    tone: ({ direction, line }) => panes.tones.add(`${direction} ${shorten(line)}`),
    noTones: (reason) => panes.tones.add(`No tones: ${reason}.`),
    line: (line) => panes.response.add(line),
    part: (part) => view.add(part),
    result: ({ name }, text) => view.note(`Result of ${name}: ${text}`),
  };

  const run = async () => {
    const tools = readTools();
    if (tools === undefined || running !== undefined) return;
    const controller = new AbortController();
    running = controller;
    setRunning(true);
    clearPanes();
    if (hasManyProcesses) panes.tones.add(MANY_PROCESSES);
    setText(state, 'Answering …');
    const before = conversation.length;
    const asked = { role: 'user', text: message.value, images: images.all };
    conversation.push(asked);
    view.begin(asked);
    images.clear();
    message.value = '';
    const chosen = SURFACES.find(({ path }) => path === surface.value);
    const chat = { surface: chosen, model: model.value, system: byId('system').value, tools };
    const toResult = async (call) => answerCall(call) ?? (await askForResult(call, controller.signal));
    let facts = '';
    try {
      const answer = await runChat(chat, conversation, sink, toResult, controller.signal);
      facts = toFacts(model.value, answer);
      setText(state, `Done: ${answer.end}.`);
    } catch (error) {
      // What was not answered is not a part of the conversation: the next message would carry it along.
      conversation = conversation.slice(0, before);
      message.value ||= asked.text;
      const isStopped = controller.signal.aborted;
      setText(state, isStopped ? 'Stopped.' : 'Failed.');
      if (isStopped) facts = 'stopped; left out of the conversation';
      else view.fail(error.message);
    } finally {
      running = undefined;
      view.end(facts);
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
    clearPanes();
    view.clear();
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

/** The requests of one message, in the form that was chosen; what is copied is the last one, whole. */
function createRequestPane() {
  const pane = createPane('request', 'What this page sends, also as a program to paste.');
  const copying = byId('copy-request');
  let requests = [];
  let form = FORMS[0];
  const buttons = FORMS.map((each) => {
    const button = element('button', [each.name], { type: 'button' });
    button.addEventListener('click', () => {
      form = each;
      show();
    });
    return { each, button };
  });
  byId('request-forms').append(...buttons.map(({ button }) => button));
  const show = () => {
    for (const { each, button } of buttons) button.setAttribute('aria-pressed', String(each === form));
    copying.disabled = requests.length === 0;
    copying.setAttribute('aria-label', form.name === 'HTTP' ? 'Copy the request' : `Copy as ${form.name}`);
    pane.clear();
    // As a program only the last one, which has all that was said before.
    for (const request of form === FORMS[0] ? requests : requests.slice(-1))
      pane.add(`${shorten(form.toText(request))}\n`);
  };
  copying.addEventListener('click', () => {
    const last = requests.at(-1);
    if (last !== undefined) void copy(form.toText(last), copying);
  });
  show();
  return {
    add(request) {
      requests.push(request);
      show();
    },
    clear() {
      requests = [];
      show();
    },
  };
}

/** What there is to say of an answer that is whole. */
function toFacts(model, { end, tokens, asked, firstMs, totalMs }) {
  const seconds = totalMs / 1_000;
  const streamSeconds = (totalMs - (firstMs ?? totalMs)) / 1_000;
  return [
    model,
    end,
    ...(asked === undefined ? [] : [`${asked} tokens before it`]),
    ...(firstMs === undefined ? [] : [`first after ${Math.round(firstMs)} ms`]),
    `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`,
    ...(tokens > 1 && streamSeconds > 0.2 ? [`${Math.round(tokens / streamSeconds)} tokens a second`] : []),
  ].join(' · ');
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
