/** What a prompt asks the stand-in to answer, as words within the prompt's text. */

export type Dialect = 'chunk' | 'part';

export interface Order {
  /** Stands in each token, so that one that reaches another's client shows. */
  readonly stream: number;
  readonly tokens: number;
  /** The time between two tokens in ms; 0: as fast as the bridge reads. */
  readonly paceMs: number;
  readonly dialect: Dialect;
  /** `hold`: after its tokens the turn stays open until it is cancelled. */
  readonly ending: 'finish' | 'hold';
}

/** An order begins with this, and stands within `ORDER_LENGTH` characters. */
export const ORDER_MARK = '@bench ';
export const ORDER_LENGTH = 80;

const ORDER = /@bench (\d+) (\d+) (\d+) (chunk|part) (finish|hold);/;

/** Plain ASCII, of which nothing needs an escape in JSON. */
export function toOrderText({ stream, tokens, paceMs, dialect, ending }: Order): string {
  return `${ORDER_MARK}${stream} ${tokens} ${paceMs} ${dialect} ${ending};`;
}

/** Undefined where the text asks for nothing. */
export function readOrder(text: string): Order | undefined {
  const [found, stream, tokens, paceMs, dialect, ending] = ORDER.exec(text) ?? [];
  if (found === undefined) return undefined;
  return {
    stream: Number(stream),
    tokens: Number(tokens),
    paceMs: Number(paceMs),
    dialect: dialect === 'part' ? 'part' : 'chunk',
    ending: ending === 'hold' ? 'hold' : 'finish',
  };
}

/** The token with this index of a stream: one that is missing, there twice, late or another's can be told. */
export function toToken(stream: number, index: number): string {
  return `${stream}:${index} `;
}

/** What the stand-in's worker serves. */
export const MODEL = 'claude-sonnet-4';
