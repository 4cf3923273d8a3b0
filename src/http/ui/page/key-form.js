/** Asks for a key where the bridge wants one. */
import { currentKey, keepKey } from './ask-bridge.js';
import { byId, setText } from './element.js';

/** @param onKey called when there is another key, or none any more */
export function startKeyForm(onKey) {
  const form = byId('key-form');
  const input = byId('key');
  const forget = byId('forget-key');
  const change = (key) => {
    keepKey(key);
    input.value = '';
    forget.hidden = key === '';
    onKey();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    change(input.value.trim());
  });
  forget.addEventListener('click', () => change(''));
  forget.hidden = currentKey() === '';
  return {
    /** The bridge let nobody in without one. */
    demand(message) {
      setText(byId('key-reason'), `${message}.`);
      if (!form.hidden) return;
      form.hidden = false;
      input.focus();
    },
    /** The key, or none, is good. */
    accept() {
      form.hidden = true;
    },
  };
}
