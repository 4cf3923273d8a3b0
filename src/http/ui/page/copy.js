/** Copies texts, and says so. */
import { byId, element, setText } from './element.js';

/** A button that copies what `toText` gives when it is pressed. */
export function copyButton(name, toText) {
  const button = element('button', ['Copy'], { type: 'button', class: 'small', 'aria-label': name });
  button.addEventListener('click', () => void copy(toText(), button));
  return button;
}

/** Has the button say for a moment what came of it. */
export async function copy(text, button) {
  const isCopied = await toClipboard(text);
  const before = button.dataset.name ?? button.textContent;
  button.dataset.name = before;
  setText(button, isCopied ? 'Copied' : 'Not copied');
  setText(byId('copied'), isCopied ? 'Copied.' : 'The browser does not let this page copy.');
  setTimeout(() => {
    setText(button, before);
    setText(byId('copied'), '');
  }, 1_500);
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOldWay(text);
  }
}

/** Pages that came by plain HTTP from another machine have no clipboard of the new kind. */
function copyOldWay(text) {
  const field = element('textarea', [text], { class: 'hidden-text', 'aria-hidden': 'true' });
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  focused?.focus();
  return isCopied;
}
