/** Light, dark, or as the system has it; remembered by this browser. */
import { byId } from './element.js';

const STORED_AS = 'thrum-bridge-theme';

export function startTheme() {
  const select = byId('theme');
  select.value = localStorage.getItem(STORED_AS) ?? '';
  const apply = () => {
    document.documentElement.dataset.theme = select.value;
    localStorage.setItem(STORED_AS, select.value);
  };
  select.addEventListener('change', apply);
  apply();
}
