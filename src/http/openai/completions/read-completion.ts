/** From the bytes of a legacy completion's body to the turns that it asks for. In it unknown keys are ignored, and null is the same as absent. */
import { z } from 'zod';
import type { FurtherSetting, TurnRequest } from '../../../core/request.js';
import { defineTask } from '../../../threads/task.js';
import type { BodyInput } from '../../body/decode-body.js';
import { furtherSettings, passedIfKnown, type SettingResult } from '../../further-settings.js';
import {
  choiceCount,
  extensions,
  integer,
  modelField,
  penalty,
  seed,
  stop,
  streamOptions,
  temperature,
  textInput,
  topP,
} from '../body-fields.js';
import { toSampling } from '../to-sampling.js';
import { parseObject, validate } from '../validate.js';

/** All answers of a request run at once. */
const MAX_ANSWERS = 128;
const MAX_BEST_OF = 20;

const fields = z.object({
  model: modelField,
  prompt: textInput('prompt', MAX_ANSWERS),
  suffix: z.string().nullish(),
  /** Without it the worker decides; OpenAI's 16 is of no use. Of 0 tokens nothing is generated. */
  max_tokens: integer({ min: 0 }).nullish(),
  temperature,
  top_p: topP,
  ...extensions,
  n: choiceCount,
  best_of: integer({ min: 0, max: MAX_BEST_OF }).nullish(),
  stream: z.boolean().nullish(),
  stream_options: streamOptions,
  echo: z.boolean().nullish(),
  /** Looked at where the model is known: `requireNoLogprobs`. */
  logprobs: z.unknown().optional(),
  stop,
  presence_penalty: penalty,
  frequency_penalty: penalty,
  seed,
});

export const completionBody = fields.superRefine(({ prompt, n, best_of, stream }, context) => {
  const refuse = (path: string, reason: string, message: string) => {
    context.addIssue({ code: 'custom', path: [path], message, params: { reason } });
  };
  const answers = n ?? 1;
  if (prompt.length * answers > MAX_ANSWERS) {
    const message = `Invalid 'n': the prompts times 'n' must be at most ${MAX_ANSWERS}, but are ${prompt.length * answers}.`;
    refuse('n', 'integer_above_max_value', message);
  }
  if (best_of == null || best_of === 0) return;
  if (best_of < answers) {
    refuse('best_of', 'invalid_value', `Invalid 'best_of': 'best_of' must not be less than 'n'.`);
  } else if (best_of > answers && stream === true) {
    refuse('best_of', 'invalid_value', `Invalid 'best_of': 'best_of' cannot be used with 'stream'.`);
  }
});

export type CompletionBody = z.output<typeof completionBody>;

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

export interface ReadCompletion {
  readonly body: CompletionBody;
  readonly furtherSettings: readonly FurtherSetting[] | undefined;
}

const BEST_OF = 'best_of';

/** The best of several answers is the first one: no worker judges them. */
const bestOf = (count: unknown, answers: unknown): SettingResult =>
  typeof count === 'number' && count > (typeof answers === 'number' ? answers : 1)
    ? { name: BEST_OF }
    : undefined;

function toFurtherSettings(body: { readonly n?: unknown }): readonly FurtherSetting[] | undefined {
  return furtherSettings(body, {
    own: OWN_FIELDS,
    rules: new Map([[BEST_OF, (value) => bestOf(value, body.n)]]),
    other: passedIfKnown,
  });
}

const OWN_FIELDS = new Set(Object.keys(fields.shape));

/** Throws `bad-request`. Pure. */
export function readCompletion(input: BodyInput): ReadCompletion {
  const raw = parseObject(input);
  return { body: validate(completionBody, raw), furtherSettings: toFurtherSettings(raw) };
}

export const READ_COMPLETION = defineTask(import.meta.url, 'readCompletion', readCompletion);
