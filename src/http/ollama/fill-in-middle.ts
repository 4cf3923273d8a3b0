/** Asks for the text between a prompt and its `suffix`; hum has no word for that, so the prompt says it. */

const TASK = 'Write the text that belongs between BEFORE and AFTER. Reply with that text and nothing else.';

export function toFillInPrompt(before: string, after: string): string {
  return `${TASK}\n\n<BEFORE>${before}</BEFORE>\n<AFTER>${after}</AFTER>`;
}
