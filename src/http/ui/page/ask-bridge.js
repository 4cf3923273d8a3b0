/** Asks the bridge, with the key if there is one. */

/** What the bridge is mounted at, with a slash at its end: the page's parts are at `ui/` below it. */
const BASE = new URL('..', import.meta.url).pathname;

const STORED_AS = 'thrum-bridge-key';

/** As long as this tab is open; '' for none. */
export function currentKey() {
  return sessionStorage.getItem(STORED_AS) ?? '';
}

/** @param key '' forgets it */
export function keepKey(key) {
  if (key === '') sessionStorage.removeItem(STORED_AS);
  else sessionStorage.setItem(STORED_AS, key);
}

/** Where a path of the bridge is on its server. */
export function toPath(path) {
  return BASE + path.slice(1);
}

/** As `fetch`; the path is one of this bridge. */
export function askBridge(path, { headers = {}, ...options } = {}) {
  const key = currentKey();
  const withKey = key === '' ? headers : { ...headers, authorization: `Bearer ${key}` };
  return fetch(toPath(path), { ...options, headers: withKey, cache: 'no-store', credentials: 'omit' });
}

/** What an answer that is an error says, in whichever API's words. */
export function messageIn(text, status) {
  try {
    const { error } = JSON.parse(text);
    const message = typeof error === 'string' ? error : error?.message;
    if (typeof message === 'string') return message;
  } catch {
    // Not JSON: then the text is all there is.
  }
  return text.trim() || `status ${status}`;
}
