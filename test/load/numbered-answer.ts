/** Answers that check themselves: each token names its turn and its number, so that any one that is missing or there twice shows. */

/** What a worker is told to say. */
export interface NumberedAnswer {
  /** Names the turn; no two of a run have the same. Letters and digits only. */
  readonly id: string;
  readonly tokens: number;
  /** How many characters each token is longer than it has to be. */
  readonly padding: number;
}

/** How a text differs from the answer that it should be a beginning of. */
export interface Comparison {
  /** Tokens that are missing before one that came. */
  readonly lost: number;
  /** Tokens that came twice, in the wrong order or from another turn. */
  readonly surplus: number;
  /** Tokens that are missing at the end. */
  readonly missing: number;
}

/** The tokens of an answer; joined they are its text. */
export function tokensOf({ id, tokens, padding }: NumberedAnswer): string[] {
  return Array.from({ length: tokens }, (_, number) => `${id}:${number}${'.'.repeat(padding)} `);
}

/** Compares what a client was told. A last token that was cut off in the middle counts as missing. */
export function compareAnswer(text: string, answer: NumberedAnswer): Comparison {
  const numbers = new Map(tokensOf(answer).map((token, number) => [token, number]));
  let expected = 0;
  let lost = 0;
  let surplus = 0;
  const pieces = text.split(/(?<= )/).filter((piece) => piece !== '');
  for (const [index, piece] of pieces.entries()) {
    const number = numbers.get(piece);
    if (number !== undefined && number >= expected) {
      lost += number - expected;
      expected = number + 1;
    } else if (index < pieces.length - 1 || piece.endsWith(' ')) surplus++;
  }
  return { lost, surplus, missing: answer.tokens - expected };
}
