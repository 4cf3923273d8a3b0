/** Takes HTTP apart on one connection, as it comes: one response's head, its body by length or in chunks, and its end. */

type State =
  | { readonly at: 'head' }
  | { readonly at: 'sized'; left: number }
  | { readonly at: 'chunk-size' }
  | { readonly at: 'chunk'; left: number }
  | { readonly at: 'chunk-end' }
  | { readonly at: 'trailer' };

export interface ResponseEvents {
  onHead(status: number): void;
  onBody(piece: string): void;
  onEnd(): void;
}

const LINE_END = '\r\n';
const HEAD_END = '\r\n\r\n';

/** One for a connection. Bytes are taken and given as latin1 text. */
export class ResponseParser {
  readonly #events: ResponseEvents;
  #state: State = { at: 'head' };
  #text = '';

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  feed(piece: string): void {
    let text = this.#text === '' ? piece : this.#text + piece;
    while (text !== '') {
      const used = this.#step(text);
      if (used === 0) break;
      text = used === text.length ? '' : text.slice(used);
    }
    this.#text = text;
  }

  /** How many characters of `text` were used; 0: it takes more of them. */
  #step(text: string): number {
    const state = this.#state;
    switch (state.at) {
      case 'head':
        return this.#readHead(text);
      case 'sized': {
        const used = Math.min(state.left, text.length);
        state.left -= used;
        this.#events.onBody(text.slice(0, used));
        if (state.left === 0) this.#end();
        return used;
      }
      case 'chunk-size': {
        const end = text.indexOf(LINE_END);
        if (end === -1) return 0;
        const left = Number.parseInt(text.slice(0, end), 16);
        this.#state = left === 0 ? { at: 'trailer' } : { at: 'chunk', left };
        return end + LINE_END.length;
      }
      case 'chunk': {
        const used = Math.min(state.left, text.length);
        state.left -= used;
        if (state.left === 0) this.#state = { at: 'chunk-end' };
        this.#events.onBody(text.slice(0, used));
        return used;
      }
      case 'chunk-end':
        if (text.length < LINE_END.length) return 0;
        this.#state = { at: 'chunk-size' };
        return LINE_END.length;
      case 'trailer': {
        const end = text.indexOf(LINE_END);
        if (end === -1) return 0;
        if (end === 0) this.#end();
        return end + LINE_END.length;
      }
      default:
        return state satisfies never;
    }
  }

  #readHead(text: string): number {
    const end = text.indexOf(HEAD_END);
    if (end === -1) return 0;
    const head = text.slice(0, end).toLowerCase();
    const length = Number(/^content-length: *(\d+)/m.exec(head)?.[1] ?? 0);
    this.#state = head.includes('transfer-encoding: chunked')
      ? { at: 'chunk-size' }
      : { at: 'sized', left: length };
    this.#events.onHead(Number(head.slice(9, 12)));
    if (this.#state.at === 'sized' && length === 0) this.#end();
    return end + HEAD_END.length;
  }

  #end(): void {
    this.#state = { at: 'head' };
    this.#events.onEnd();
  }
}
