/** Recognises, in the words of many servers, that a conversation is longer than the model can read. */
import { isCount } from '../core/count.js';
import type { Excess } from '../core/fault.js';
import type { ErrorWords } from './error-words.js';

const CODES = new Set(['context_length_exceeded', 'exceed_context_size_error', 'string_above_max_length']);

const TOO_LONG = [
  /(?:maximum|max|model'?s?|available) (?:context|prompt|model) (?:length|size|window|limit)/i,
  /context (?:length|size|window|limit)[^.]{0,60}(?:exceed|overflow|too|only)/i,
  /exceed\w*[^.]{0,80}context (?:length|size|window|limit)/i,
  /longer than the (?:model'?s? )?(?:maximum |max )?(?:context|model) (?:length|size|window)/i,
  /(?:prompt|input|conversation|request|message)s? (?:is|are) too (?:long|large)\b(?![^.]*\bper minute\b)/i,
  /too (?:long|large) for (?:the |this |requested )?model/i,
  /input token count[^.]{0,40}exceeds/i,
  /(?:prompt|input) tokens?(?: count)?[^.]{0,40}exceeds? (?:the )?(?:limit|maximum)/i,
  /reduce the length of (?:the |your )?(?:messages|prompt|input)/i,
  /exceeded model token limit|exceeds max length|too many tokens: total/i,
  /inputs` tokens \+ `?max_new_tokens/i,
  /first \d+ tokens when context the overflows|tokens to keep from the initial prompt/i,
];

/** It is the answer that is asked to be too long; a shorter conversation would not help. */
const ANSWER_TOO_LONG =
  /max(?:_completion)?_tokens'?\S*(?: or '?max_completion_tokens'?)? (?:is|are) too large/i;

const LIMIT = [
  /(?:maximum|max|model'?s?|available) (?:context|prompt|model) (?:length|size|window|limit)[^\d]{0,40}([\d,]{2,})/i,
  /([\d,]{2,}) (?:maximum|tokens? )?(?:maximum )?context (?:length|window)/i,
  /context (?:length|size|window|limit)[^\d]{0,30}([\d,]{2,})/i,
  /[>]\s*([\d,]{2,})/,
  /(?:limit (?:of|is)|allowed \(|cannot exceed|must be <=|token limit:?)\s*\(?([\d,]{2,})/i,
];

export function isTooLong({ message, code, type }: ErrorWords): boolean {
  if (CODES.has(code ?? '') || CODES.has(type ?? '')) return true;
  return TOO_LONG.some((words) => words.test(message)) && !ANSWER_TOO_LONG.test(message);
}

/** How long the conversation is and may be, where the text has both numbers. */
export function findExcess(message: string): Excess | undefined {
  for (const words of LIMIT) {
    const limit = toNumber(words.exec(message)?.[1]);
    if (limit === undefined) continue;
    const numbers = [...message.matchAll(/\d[\d,]*/g)].map(([text]) => toNumber(text) ?? 0);
    const tokens = numbers.find((number) => number > limit);
    if (tokens !== undefined) return { tokens, limit };
  }
  return undefined;
}

function toNumber(text: string | undefined): number | undefined {
  const number = Number(text?.replaceAll(',', '') || Number.NaN);
  return isCount(number) && number > 0 ? number : undefined;
}
