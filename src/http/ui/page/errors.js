/** The errors of the last time, first of all there is; hidden as long as there are none, or until the next one. */
import { byId, setText } from './element.js';
import { createTable } from './table-view.js';

const STORED_AS = 'thrum-bridge-seen-errors';

const COLUMNS = [
  { title: 'When', of: ({ at }) => new Date(at).toLocaleTimeString() },
  { title: 'Error', of: ({ code }) => code },
  { title: 'Message', of: ({ message }) => message, isProse: true },
  { title: 'What to do', of: ({ remedy }) => remedy, isProse: true },
  { title: 'Model', of: ({ model }) => model ?? '' },
  { title: 'API', of: ({ surface }) => surface },
  { title: 'Request', of: ({ requestId }) => requestId ?? '' },
];

export function createErrors() {
  const box = byId('errors');
  const list = byId('faults');
  const hide = byId('hide-errors');
  const show = createTable(list, 'The latest first', COLUMNS, 'None so far.');
  let latest = '';
  const adapt = () => {
    const isHidden = latest !== '' && sessionStorage.getItem(STORED_AS) === latest;
    list.hidden = isHidden;
    setText(hide, isHidden ? 'Show them again' : 'Hide until the next one');
    hide.setAttribute('aria-expanded', String(!isHidden));
  };
  hide.addEventListener('click', () => {
    if (list.hidden) sessionStorage.removeItem(STORED_AS);
    else sessionStorage.setItem(STORED_AS, latest);
    adapt();
  });
  return {
    /** @param faults the latest first */
    show(faults) {
      const at = faults[0]?.at ?? '';
      box.hidden = faults.length === 0;
      show(faults);
      if (at === latest) return;
      latest = at;
      adapt();
    },
  };
}
