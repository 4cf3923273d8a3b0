/** The `model_info` of a card: what a GGUF file's head would say (src/http/ollama/README.md, "Show"). */
import type { ModelCard } from '../../core/model.js';

/** Where nobody knows how many parameters there are: clients want a positive number. */
const UNKNOWN_COUNT = 1;
const SCALES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['K', 1e3],
  ['M', 1e6],
  ['B', 1e9],
  ['T', 1e12],
]);

/** Always an object, in the order in which Go writes its keys. */
export function toModelInfo(card: ModelCard, basename: string): Readonly<Record<string, string | number>> {
  const info = {
    'general.architecture': card.family,
    'general.basename': basename,
    'general.parameter_count': toParameterCount(card.parameterSize),
    [`${card.family}.context_length`]: card.contextLength,
  };
  return Object.fromEntries(Object.entries(info).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** `8B` is 8000000000. */
export function toParameterCount(parameterSize: string): number {
  const [, number, letter = ''] = /^([\d.]+) ?([KMBT]?)$/i.exec(parameterSize.trim()) ?? [];
  const count = Math.round(Number(number) * (SCALES.get(letter.toUpperCase()) ?? 1));
  return count >= 1 ? count : UNKNOWN_COUNT;
}
