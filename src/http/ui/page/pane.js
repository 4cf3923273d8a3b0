/** A pane of lines that grows to a limit and stays at its end, unless somebody reads further up. */
import { byId } from './element.js';

/** Beyond this the oldest lines go. */
const MAX_CHARACTERS = 400_000;
const NEAR_END_PIXELS = 24;

/** @param hint what stands there while it is empty */
export function createPane(id, hint) {
  const pane = byId(id);
  const text = document.createTextNode('');
  pane.append(text);
  pane.dataset.hint = hint;
  pane.dataset.empty = 'true';
  return {
    add(line) {
      const isAtEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_END_PIXELS;
      text.appendData(`${line}\n`);
      pane.dataset.empty = 'false';
      if (text.length > MAX_CHARACTERS) text.deleteData(0, text.length - MAX_CHARACTERS);
      if (isAtEnd) pane.scrollTop = pane.scrollHeight;
    },
    clear() {
      text.data = '';
      pane.dataset.empty = 'true';
    },
    get text() {
      return text.data;
    },
  };
}
