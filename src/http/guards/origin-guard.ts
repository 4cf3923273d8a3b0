/** Answers web pages only where their origin may use this server: local ones, and those that are configured. */
import type { IncomingHttpHeaders } from 'node:http';
import { Fault } from '../../core/fault.js';

export interface OriginRules {
  /** Further origins, with any number of `*` for any text; `*` alone allows all. Each is an `isOriginPattern`. */
  readonly configured: readonly string[];
  /** What to set to allow another origin, for the error's text. */
  readonly setting: string;
}

/** A page that this machine serves, on any port. */
const LOCAL_PAGE = /^https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:\d{1,5})?$/;

/**
 * Desktop programs and editors (src/http/ollama/README.md, "Origins"); where a Tauri window cannot have its own scheme it
 * has this name.
 */
const LOCAL_PROGRAMS = [
  'app://*',
  'file://*',
  'tauri://*',
  'vscode-webview://*',
  'vscode-file://*',
  'http://tauri.localhost',
  'https://tauri.localhost',
];

/** Where every origin is allowed; also the value of `access-control-allow-origin` then. */
const ANY_ORIGIN = '*';
/** The origin of pages that have none, such as sandboxed frames of any site. */
const NO_ORIGIN = 'null';

/** True for what may stand in `OriginRules.configured`: a pattern without a scheme would never fit. */
export function isOriginPattern(text: string): boolean {
  return text === NO_ORIGIN || /^[^\s,]*(\*|:\/\/)[^\s,]*$/.test(text);
}

export class OriginGuard {
  readonly #patterns: readonly string[];
  readonly #isOpen: boolean;
  readonly #setting: string;

  constructor(rules: OriginRules) {
    const configured = rules.configured.map((pattern) => pattern.toLowerCase().replace(/([^/])\/$/, '$1'));
    this.#patterns = [...LOCAL_PROGRAMS, ...configured];
    this.#isOpen = configured.includes(ANY_ORIGIN);
    this.#setting = rules.setting;
  }

  /**
   * The value of `access-control-allow-origin` for this request; undefined if it does not come from a web page. Throws
   * `forbidden` for a page that may not use this server. The Host has to be checked before.
   */
  check({ origin, host }: Pick<IncomingHttpHeaders, 'origin' | 'host'>): string | undefined {
    if (origin === undefined || origin === '') return undefined;
    if (this.#isOpen) return ANY_ORIGIN;
    if (this.allows(origin, host)) return origin;
    throw new Fault(
      'forbidden',
      `this server does not answer pages of this origin; to allow it, add it to ${this.#setting}`,
    );
  }

  /**
   * For a request without an Origin. Throws `forbidden` for what a page of another site has a browser fetch without saying whose it is:
   * an image or a script, or a page to go to that is none (https://www.w3.org/TR/fetch-metadata/).
   * @param mayBeOpened true for a path that a link of another site may lead to
   */
  checkSite(headers: IncomingHttpHeaders, mayBeOpened: boolean): void {
    if (headers['sec-fetch-site'] !== 'cross-site' || this.#isOpen) return;
    const mode = headers['sec-fetch-mode'];
    if (mode !== 'no-cors' && (mode !== 'navigate' || mayBeOpened)) return;
    throw new Fault(
      'forbidden',
      'this server does not answer what a page of another site embeds or links to',
    );
  }

  /** @param host the request's Host header: a page that came from here may ask here */
  allows(origin: string, host = ''): boolean {
    const text = origin.toLowerCase();
    if (/[\s,]/.test(text)) return false;
    if (text === NO_ORIGIN) return this.#patterns.includes(NO_ORIGIN);
    const own = host.toLowerCase();
    if (own !== '' && (text === `http://${own}` || text === `https://${own}`)) return true;
    return LOCAL_PAGE.test(text) || this.#patterns.some((pattern) => fitsWildcard(text, pattern));
  }
}

/**
 * True if the whole of `text` fits `pattern`, in which `*` stands for any text, also none. Takes linear time for each `*`,
 * whatever the text.
 */
export function fitsWildcard(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const at = text.indexOf(piece, from);
    if (at === -1) return false;
    from = at + piece.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}
