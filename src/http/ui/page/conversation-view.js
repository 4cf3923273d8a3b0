/** The conversation as a reader wants it: what was asked, thoughts folded, the answer's markdown, calls and their results. */
import { byId, element, setText } from './element.js';
import { toThumbnail } from './images.js';
import { renderMarkdown, settledLength } from './markdown.js';

const SUGGESTIONS = [
  'Why is the sky blue?',
  'Show me a table of three planets, and a loop in Python.',
  'Plan a day in Lisbon, as a list.',
];
const NEAR_END_PIXELS = 48;

/** @param onSuggestion called with a message that somebody wants to try */
export function createConversationView(onSuggestion) {
  const shown = byId('answer');
  /** Of the answer that is being given. */
  let said;
  let open;

  const keepAtEnd = (change) => {
    const isAtEnd = shown.scrollHeight - shown.scrollTop - shown.clientHeight < NEAR_END_PIXELS;
    change();
    if (isAtEnd) shown.scrollTop = shown.scrollHeight;
  };
  const showEmpty = () => {
    const buttons = SUGGESTIONS.map((text) => {
      const button = element('button', [text], { type: 'button', class: 'small' });
      button.addEventListener('click', () => onSuggestion(text));
      return button;
    });
    const lines = [
      element('p', [
        'Ask something: the answer shows here, and below it the request, the tones and the response that it is made of.',
      ]),
      element('div', buttons, { class: 'suggestions' }),
    ];
    shown.replaceChildren(element('div', lines, { class: 'empty' }));
  };
  const write = (kind, text) => {
    if (open?.kind !== kind) {
      open?.finish?.();
      open = kind === 'reasoning' ? openReasoning() : openText();
      said.append(open.box);
    }
    open.add(text);
  };
  const note = (kind, text) => {
    open?.finish?.();
    open = undefined;
    keepAtEnd(() => said.append(element('p', [text], { class: kind })));
  };
  const openText = () => {
    const stream = createMarkdownStream(keepAtEnd);
    return { kind: 'text', ...stream };
  };
  const openReasoning = () => {
    const text = document.createTextNode('');
    const summary = element('summary', ['Thinks …']);
    const box = element('details', [summary, element('div', [text])], { class: 'reasoning' });
    const startedAt = performance.now();
    return {
      kind: 'reasoning',
      box,
      add: (more) => keepAtEnd(() => text.appendData(more)),
      finish() {
        const seconds = (performance.now() - startedAt) / 1_000;
        setText(summary, `Thought for ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`);
      },
    };
  };
  showEmpty();
  return {
    clear() {
      open = undefined;
      said = undefined;
      showEmpty();
    },
    /** A message goes out. */
    begin({ text, images }) {
      shown.querySelector('.empty')?.remove();
      open = undefined;
      said = element('div', [], { class: 'said' });
      shown.append(element('div', [text, ...images.map(toThumbnail)], { class: 'asked' }), said);
      shown.setAttribute('aria-busy', 'true');
      shown.scrollTop = shown.scrollHeight;
    },
    add({ reasoning = '', text = '', call }) {
      if (reasoning !== '') write('reasoning', reasoning);
      if (text !== '') write('text', text);
      if (call !== undefined) note('note', `Calls ${call.name} ${JSON.stringify(call.input)}`);
    },
    note: (text) => note('note', text),
    fail: (text) => note('failure', text),
    /** @param facts what there is to say of it, in a line; '' for nothing */
    end(facts) {
      open?.finish?.();
      open = undefined;
      if (facts !== '') keepAtEnd(() => said.append(element('p', [facts], { class: 'facts' })));
      shown.setAttribute('aria-busy', 'false');
    },
  };
}

/** Text that grows: the blocks that are whole stay, and the last one is made anew, once for each frame. */
function createMarkdownStream(keepAtEnd) {
  const box = element('div', [], { class: 'text' });
  let settled = 0;
  let whole = '';
  let lastBlocks = [];
  let frame;
  const render = () => {
    frame = undefined;
    const next = settled + settledLength(whole.slice(settled));
    keepAtEnd(() => {
      for (const block of lastBlocks) block.remove();
      if (next > settled) box.append(...renderMarkdown(whole.slice(settled, next)));
      settled = next;
      lastBlocks = renderMarkdown(whole.slice(settled)).map((block) =>
        typeof block === 'string' ? document.createTextNode(block) : block,
      );
      box.append(...lastBlocks);
    });
  };
  return {
    box,
    add(text) {
      whole += text;
      frame ??= requestAnimationFrame(render);
    },
    finish() {
      if (frame === undefined) return;
      cancelAnimationFrame(frame);
      render();
    },
  };
}
