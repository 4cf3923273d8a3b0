/** From the body of a legacy completion to the turns that it asks for. */
import type { TurnRequest } from '../../../core/request.js';
import { toSampling } from '../to-sampling.js';
import type { CompletionBody } from './schema.js';

/** What editors that fill in code send their text for; hum has no field for it, so the prompt contains the task. */
const FILL_IN =
  'Complete a text of which you are given what comes before and what comes after. Answer with exactly the text that belongs ' +
  'between the two, ready to be inserted: no explanation, no code fence, and nothing of the given text again.';

/** One turn for each answer: all of the first prompt, then all of the second, and so on. */
export function toTurnRequests(body: CompletionBody): readonly TurnRequest[] {
  const sampling = toSampling(body);
  return body.prompt.flatMap((prompt) => {
    const question = body.suffix ? toFillIn(prompt, body.suffix) : { text: prompt };
    const request: TurnRequest = {
      model: body.model,
      ...(question.system === undefined ? {} : { system: question.system }),
      messages: [{ role: 'user', content: [{ type: 'text', text: question.text }] }],
      tools: [],
      sampling,
    };
    return Array.from({ length: body.n ?? 1 }, () => request);
  });
}

interface Question {
  readonly system?: string;
  readonly text: string;
}

function toFillIn(prompt: string, suffix: string): Question {
  return { system: FILL_IN, text: `<before>${prompt}</before>\n<after>${suffix}</after>` };
}
