/**
 * What the workers of a model do not take is never dropped without a word: the answer's head names the settings, and a line of text
 * stands where an image or a document was. An image in the question itself is refused by each surface, a document here.
 */
import type { Context } from 'hono';
import { Fault } from '../core/fault.js';
import { foundModel, mayHave } from '../core/model.js';
import {
  type Attachment,
  type FurtherSetting,
  hasAttachment,
  hasDocument,
  openQuestion,
  type Sampling,
  type TurnRequest,
  withoutAttachments,
} from '../core/request.js';
import type { Accepted } from '../core/worker-profile.js';
import type { HttpEnv } from './surface.js';

/** Names the settings of a request that its model's workers do not take. */
const IGNORED_HEADER = 'x-hum-ignored';

type Setting = Exclude<keyof Sampling, 'maxTokens' | 'stop' | 'toolChoice' | 'parallelToolCalls'>;

/**
 * What a worker must take for each setting. Not here: length, stop and the choice of tools, which the bridge sees to where the worker
 * does not.
 */
const NEEDED: Readonly<Record<Setting, Accepted>> = {
  temperature: 'sampling',
  topP: 'sampling',
  topK: 'sampling',
  minP: 'sampling',
  seed: 'sampling',
  frequencyPenalty: 'sampling',
  presencePenalty: 'sampling',
  repeatPenalty: 'sampling',
  reasoningEffort: 'thinking',
  topLogprobs: 'request',
};
const SETTINGS = Object.keys(NEEDED).filter((key): key is Setting => key in NEEDED);

/** What clients call them, where it is not the same on all surfaces. */
const COMMON_NAMES: Readonly<
  Record<Exclude<Setting, 'repeatPenalty' | 'reasoningEffort' | 'topLogprobs'>, string>
> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  seed: 'seed',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
};
const OWN_NAMES: Readonly<Record<string, readonly [repeatPenalty: string, reasoningEffort: string]>> = {
  ollama: ['repeat_penalty', 'think'],
  openai: ['repetition_penalty', 'reasoning_effort'],
  anthropic: ['repetition_penalty', 'thinking'],
};
const RESPONSES_PATH = '/v1/responses';

/**
 * `request` without images and documents that its model cannot read; sets the header. Throws `bad-request` for a document that the user
 * has just sent.
 */
export function fitToWorkers(c: Context<HttpEnv>, surface: string, request: TurnRequest): TurnRequest {
  const model = foundModel(request.resolved);
  if (model === undefined) return request;
  const { profile, card } = model;
  nameIgnored(c, surface, request, profile?.accepts);
  if (!hasAttachment(request.messages)) return request;
  const types: Attachment['type'][] = mayHave(card, 'vision') ? [] : ['image'];
  // What goes out as the client wrote it is for the server to judge.
  if (profile?.accepts.has('pdf') !== true && request.original === undefined) types.push('document');
  if (types.length === 0) return request;
  const question = openQuestion(request.messages);
  const asked = question === undefined ? [] : [question];
  if (types.includes('document') && hasDocument(asked))
    throw new Fault('bad-request', `'${request.model}' cannot read PDF documents; send the text of it`, {
      param: 'messages',
      reason: 'unsupported_value',
    });
  const messages = withoutAttachments(request.messages, types);
  return messages === request.messages ? request : { ...request, messages };
}

/** @param accepts undefined where the workers of the model differ in that */
function nameIgnored(
  c: Context<HttpEnv>,
  surface: string,
  { sampling, furtherSettings }: TurnRequest,
  accepts: ReadonlySet<Accepted> | undefined,
): void {
  let ignored: string | undefined;
  const name = (setting: string) => {
    ignored = ignored === undefined ? setting : `${ignored}, ${setting}`;
  };
  if (accepts !== undefined)
    for (const setting of SETTINGS) {
      if (sampling[setting] === undefined || accepts.has(NEEDED[setting])) continue;
      name(nameOf(setting, surface, c.req.path));
    }
  if (furtherSettings !== undefined)
    nameFurther(furtherSettings, accepts === undefined || accepts.has('request'), name);
  if (ignored !== undefined) c.env.outgoing.setHeader(IGNORED_HEADER, ignored);
}

/** Names of fields are the client's: so many, and so much of each, go into the header. */
const MAX_FURTHER = 40;
const MAX_NAME_CHARACTERS = 64;
const PLAIN_NAME = /^[\w.-]+$/;

/** @param isTaken true where workers may be given the fields of a chat completion */
function nameFurther(
  settings: readonly FurtherSetting[],
  isTaken: boolean,
  name: (setting: string) => void,
): void {
  let named = 0;
  for (const { name: setting, asked, isMet } of settings) {
    if (isMet === true || (isTaken && asked !== undefined)) continue;
    if (named++ === MAX_FURTHER) {
      name('others');
      return;
    }
    const short = setting.slice(0, MAX_NAME_CHARACTERS);
    name(PLAIN_NAME.test(short) ? short : encodeURIComponent(short.toWellFormed()));
  }
}

function nameOf(setting: Setting, surface: string, path: string): string {
  const [repeatPenalty = 'repeat_penalty', reasoningEffort = 'reasoning_effort'] = OWN_NAMES[surface] ?? [];
  switch (setting) {
    case 'repeatPenalty':
      return repeatPenalty;
    case 'reasoningEffort':
      return path === RESPONSES_PATH ? 'reasoning.effort' : reasoningEffort;
    case 'topLogprobs':
      return path === RESPONSES_PATH ? 'top_logprobs' : 'logprobs';
    default:
      return COMMON_NAMES[setting];
  }
}
