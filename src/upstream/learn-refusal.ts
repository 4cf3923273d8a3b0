/** What a refusal means for the next try: which field or value the model does not take, or which form of the conversation. */
import { isJsonObject, type JsonObject } from '../core/json-object.js';
import type { ErrorWords } from './error-words.js';
import { learnPrefill } from './prefill.js';
import { type ModelHabits, ROLE_LEVELS, type RoleLevel } from './model-habits.js';
import type { Fields } from '../thrum/turn/sampling-fields.js';

/** Without these there is no request, or another one than was asked for. */
const INDISPENSABLE = new Set(['model', 'messages', 'tools', 'input']);

const NOT_KNOWN =
  /unsupported|not (?:currently )?support|n't (?:currently )?support|unrecogni[sz]ed|unknown|unexpected|\bextra\b|forbidden|not permitted|not allowed|not enabled|unavailable|not available|no such|invalid (?:field|parameter|argument|key|property)|not a valid (?:field|parameter)|only the default|cannot be (?:set|used|specified)|not implemented|not compatible|incompatible|does not exist/i;
const NOT_KNOWN_CODES = new Set([
  ...[
    'unsupported_parameter',
    'unknown_parameter',
    'unsupported_value',
    'extra_forbidden',
    'invalid_parameter',
  ],
  ...['wrong_api_format', 'unsupported_field', 'literal_error', 'invalid_reasoning_effort'],
]);
/** Then another value may well be taken. */
const NOT_THIS_VALUE = /\bvalues?\b/i;
const ONLY_DEFAULT = /only the default/i;

const LIMITS = ['max_tokens', 'max_completion_tokens'] as const;
/** From the least to the most. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
/** What one of these words is in a list of allowed values, the field is by which others are wanted. */
const VALUES_OF: readonly (readonly [field: string, values: readonly string[], least: number])[] = [
  ['reasoning_effort', EFFORTS, 2],
  ['response_format', ['text', 'json_object', 'json_schema'], 2],
  ['tool_choice', ['none', 'auto', 'required', 'any'], 2],
];

/**
 * Takes down in `habits` what a 400 or 422 says, or another status by which a template fails. False: it is about something else, and
 * another try would be the same.
 * @param sent the body that was refused
 */
export function learnRefusal(status: number, words: ErrorWords, sent: Fields, habits: ModelHabits): boolean {
  // Some servers answer what their template throws with a 500.
  if (status !== 400 && status !== 422 && status !== 500 && status !== 501) return false;
  if (learnPrefill(words, sent, habits)) return true;
  const named = status < 500 ? namedFields(words, sent) : [];
  if (!habits.wantsJsonInWords && JSON_IN_WORDS.test(words.message)) {
    habits.wantsJsonInWords = true;
    return true;
  }
  if (learnMessageFields(words, sent, habits)) return true;
  if (named.length === 0) return learnForm(words, sent, habits);
  const { reasoning_effort: effort } = sent;
  if (typeof effort === 'string' && named.includes('reasoning_effort'))
    return learnEffort(words, effort, habits);
  if (named.includes('tool_choice') && learnChoice(words, sent['tool_choice'], habits)) return true;
  return learnFields(words, named, sent, habits) || learnForm(words, sent, habits);
}

/** OpenAI's condition for `json_object`. */
const JSON_IN_WORDS = /contain the word .?json/i;

/** Names that are words of other sentences, too. */
const COMMON_WORDS = new Set([
  'user',
  'reasoning',
  'thinking',
  'stream',
  'format',
  'stop',
  'store',
  'think',
  'n',
  'seed',
  ...['metadata', 'verbosity', 'priority', 'provider', 'models', 'documents', 'route', 'plugins', 'grammar'],
]);

function isNamed(name: string, message: string): boolean {
  const word = escapeName(name);
  if (!COMMON_WORDS.has(name)) return new RegExp(`(?<![\\w.])${word}(?!\\w)`).test(message);
  return new RegExp(
    `['"\`]${word}['"\`]|(?:^|[:;,] )${word}\\b|(?:argument|parameter|field|property|key)s?:? (?:supplied: )?${word}\\b`,
  ).test(message);
}

/** The fields of `sent` that the refusal names, by its text, a place, or the values that it would take. */
function namedFields({ message, param, places }: ErrorWords, sent: Fields): readonly string[] {
  const candidates = Object.keys(sent).filter((name) => !INDISPENSABLE.has(name));
  const heads = [param ?? '', ...places].map(
    (place) => place.replace(/^(?:body|query)\./, '').split(/[.[]/)[0],
  );
  const byPlace = candidates.filter((name) => heads.includes(name));
  if (byPlace.length > 0) return byPlace;
  const byName = candidates.filter((name) => isNamed(name, message));
  // `max_tokens` is told to be given up for the other one.
  if (byName.length > 0) return byName;
  const spoken = candidates.filter(
    (name) => message.toLowerCase().includes(name.replaceAll('_', ' ')) && name.includes('_'),
  );
  if (spoken.length > 0) return spoken;
  // Ollama speaks of its own field.
  if ('reasoning_effort' in sent && THINKING.test(message) && !hasThoughts(sent)) return ['reasoning_effort'];
  if ('response_format' in sent && GRAMMAR.test(message)) return ['response_format'];
  const quoted = wordsIn(message);
  return VALUES_OF.filter(
    ([field, values, least]) => field in sent && values.filter((value) => quoted.has(value)).length >= least,
  ).map(([field]) => field);
}

const THINKING = /(?:does|do)(?: not|n't) support (?:thinking|reasoning)\b|\bthink(?:ing)? value\b/i;

function hasThoughts({ messages }: Fields): boolean {
  const list = (Array.isArray(messages) ? messages : []).filter(isJsonObject);
  return list.some((message) => 'reasoning_content' in message || 'reasoning' in message);
}

/** The answer is the same without them, whatever is wrong with them: too long a name, a tier that the account does not have. */
const FOR_THE_BOOKS = new Set([
  ...['user', 'safety_identifier', 'metadata', 'store', 'service_tier', 'verbosity'],
  ...['prompt_cache_key', 'prompt_cache_retention'],
]);
const MAX_REFUSED_VALUES = 100;

function learnFields(
  words: ErrorWords,
  named: readonly string[],
  sent: Fields,
  habits: ModelHabits,
): boolean {
  const isUnknown =
    NOT_KNOWN.test(words.message) || [words.code, words.type].some((word) => NOT_KNOWN_CODES.has(word ?? ''));
  let hasLearned = false;
  for (const name of named) {
    const isForTheBooks = FOR_THE_BOOKS.has(name);
    // Nothing else can be wrong with these than that they are not known.
    if (!isUnknown && name !== 'stream_options' && name !== 'response_format' && !isForTheBooks) continue;
    if (name === 'response_format') {
      if (!learnFormat(words, sent['response_format'], habits)) continue;
    } else if (
      (isForTheBooks && !isUnknown) ||
      (NOT_THIS_VALUE.test(words.message) &&
        !ONLY_DEFAULT.test(words.message) &&
        words.type !== 'extra_forbidden')
    ) {
      const refused = habits.refusedValues.get(name) ?? new Set();
      habits.refusedValues.set(name, refused.add(JSON.stringify(sent[name])));
      // Each user has another one.
      if (refused.size > MAX_REFUSED_VALUES) habits.refused.add(name);
    } else habits.refused.add(name);
    hasLearned = true;
  }
  return hasLearned;
}

/** What a grammar cannot be made of, or with. */
const GRAMMAR =
  /grammar|unimplemented keys|schema conversion|compil\w+ (?:the )?(?:json )?schema|guided|xgrammar|outlines/i;
/** The client's own mistake. */
const WRONG_SCHEMA = /invalid (?:json )?schema|is required to be supplied/i;

/** The kind is refused, or this schema alone; the kinds that the server names in its place are taken. */
function learnFormat({ message }: ErrorWords, format: unknown, habits: ModelHabits): boolean {
  const kind = kindOfFormat(format);
  const listed = new Set([...wordsIn(message)].filter((word) => word !== kind && FORMATS.includes(word)));
  if (listed.size === 0 && kind === 'json_schema' && GRAMMAR.test(message)) {
    habits.refusedSchemas.add(JSON.stringify(format));
    return true;
  }
  if (listed.size === 0 && WRONG_SCHEMA.test(message)) return false;
  if (habits.refusedFormats.has(kind)) return false;
  habits.refusedFormats.add(kind);
  for (const other of listed) habits.takenFormats.add(other);
  return true;
}

const FORMATS: readonly string[] = ['text', 'json_object', 'json_schema'];

function kindOfFormat(format: unknown): string {
  return isJsonObject(format) && typeof format['type'] === 'string' ? format['type'] : '';
}

/** The format that stands for one that is not taken; undefined for none. */
function toTakenFormat(
  format: unknown,
  { refusedFormats, takenFormats, refusedSchemas }: ModelHabits,
): unknown {
  const kind = kindOfFormat(format);
  if (!refusedFormats.has(kind) && !refusedSchemas.has(JSON.stringify(format))) return format;
  if (kind === 'json_schema' && takenFormats.has('json_object') && !refusedFormats.has('json_object'))
    return { type: 'json_object' };
  if (kind === 'json_object' && takenFormats.has('json_schema') && !refusedFormats.has('json_schema'))
    return { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } };
  return undefined;
}

/** True where the server is not told all of `format` in the field for it. */
export function isAskedInWords(format: unknown, habits: ModelHabits): boolean {
  if (format === undefined) return false;
  if (habits.wantsJsonInWords) return true;
  const taken = toTakenFormat(format, habits);
  return taken !== format && kindOfFormat(taken) !== 'json_schema';
}

/** Without these a message is another one. */
const MESSAGE_FIELDS = new Set(['role', 'content', 'tool_calls', 'tool_call_id']);

/** Fields of messages that the refusal names as not known, but for thoughts, which have a way of their own. */
function learnMessageFields(
  { message, places, param }: ErrorWords,
  sent: Fields,
  habits: ModelHabits,
): boolean {
  if (!NOT_KNOWN.test(message)) return false;
  const messages = (Array.isArray(sent['messages']) ? sent['messages'] : []).filter(isJsonObject);
  const names = new Set(
    messages.flatMap((one) => Object.keys(one)).filter((name) => !MESSAGE_FIELDS.has(name)),
  );
  const paths = [param ?? '', ...places].filter((place) => place.includes('messages'));
  const refused = [...names].filter(
    (name) =>
      !REASONING.test(name) &&
      (paths.some((path) => path.split(/[.[\]]+/).at(-1) === name) ||
        (/messages/.test(`${message} ${param ?? ''}`) &&
          new RegExp(`['"\`]${escapeName(name)}['"\`]`).test(message))),
  );
  for (const name of refused) habits.refusedInMessages.add(name);
  return refused.length > 0;
}

/** The next word that it may take: one of those that it lists, or of those that nearly every server knows. */
function learnEffort(words: ErrorWords, effort: string, habits: ModelHabits): boolean {
  const listed = EFFORTS.filter((word) => word !== effort && wordsIn(words.message).has(word));
  if (listed.length >= 2) habits.efforts = listed;
  else if (habits.efforts === undefined && !['low', 'medium', 'high'].includes(effort))
    habits.efforts = ['low', 'medium', 'high'];
  else habits.refused.add('reasoning_effort');
  return true;
}

const CHOICE_WORDS = ['none', 'auto', 'required', 'any'];
const WRONG_KIND =
  /invalid (?:tool_choice )?(?:type|value)|must be (?:one of|a string)|input should be|supported (?:string )?values/i;

/** The client's own mistake. */
const WRONG_TOOL =
  /(?:no|unknown|which) (?:function|tool)s? |(?:function|tool)\b[^.]{0,40}(?:not (?:found|specified|provided|in)|does not exist)/i;

/** False where it is the tool that it names which is wrong. */
function learnChoice({ message, code, type }: ErrorWords, choice: unknown, habits: ModelHabits): boolean {
  const said = wordsIn(message);
  const listed = CHOICE_WORDS.filter((word) => said.has(word) && word !== choice);
  const isAboutKind =
    WRONG_KIND.test(message) ||
    NOT_KNOWN.test(message) ||
    listed.length >= 2 ||
    [code, type].some((word) => NOT_KNOWN_CODES.has(word ?? ''));
  const kind = kindOfChoice(choice);
  if (!isAboutKind || WRONG_TOOL.test(message) || habits.refusedChoices.has(kind)) return false;
  habits.refusedChoices.add(kind);
  habits.saysAny ||= listed.includes('any');
  return true;
}

function kindOfChoice(choice: unknown): string {
  return typeof choice === 'string' ? choice : 'object';
}

/** `fields` with the nearest choice of tools that the model takes: one by its name is the only tool, and no tool at all is none to choose from. */
function withTakenChoice(fields: Record<string, unknown>, { refusedChoices, saysAny }: ModelHabits): void {
  const { tool_choice: choice, tools } = fields;
  if (choice === undefined || !refusedChoices.has(kindOfChoice(choice))) return;
  delete fields['tool_choice'];
  if (choice === 'none') {
    delete fields['tools'];
    delete fields['parallel_tool_calls'];
    return;
  }
  if (choice === 'auto') return;
  const name =
    isJsonObject(choice) && isJsonObject(choice['function']) ? choice['function']['name'] : undefined;
  if (name !== undefined && Array.isArray(tools))
    fields['tools'] = tools.filter(
      (tool: unknown) =>
        isJsonObject(tool) && isJsonObject(tool['function']) && tool['function']['name'] === name,
    );
  const word = saysAny ? 'any' : 'required';
  if (!refusedChoices.has(word)) fields['tool_choice'] = word;
}

/** The word of `allowed` that comes nearest to `effort`. */
export function nearestEffort(effort: string, allowed: readonly string[]): string {
  if (allowed.includes(effort)) return effort;
  const place = EFFORTS.indexOf(effort);
  if (place === -1) return effort;
  const distance = (word: string) => Math.abs(EFFORTS.indexOf(word) - place);
  return [...allowed].sort((one, other) => distance(one) - distance(other))[0] ?? effort;
}

const ALTERNATE =
  /\balternat|2 or more assistant messages|successive (?:user|assistant|system)|consecutive (?:user|assistant|system|messages)|multiple (?:user|assistant) (?:messages|turns) in a row/i;
const SYSTEM_FIRST =
  /system (?:message|prompt|role|instruction)s?[^.]{0,60}(?:beginning|first|start\b|only (?:one|a single|be)|precede)|(?:only|multiple|more than one|several)[^.]{0,30}system (?:message|prompt)/i;
const NO_SYSTEM =
  /system (?:role|message|prompt|instruction)s? (?:is |are )?(?:not|un)(?: |-)?(?:supported|enabled|allowed|permitted)|(?:not|n't) (?:support|allow)[^.]{0,40}system|developer instruction is not enabled/i;
const ROLE =
  /unexpected (?:message )?role|(?:invalid|unknown|unsupported|illegal) (?:message )?role|roles? (?:must|should)|expected last role|role.{0,40}(?:not supported|input should be)/i;
const SHORT_IDS = /(?:call|tool)[ _-]?id[\s\S]{0,200}(?:length|nine|\b9\b|a-z)/i;
const WANTS_TEXT =
  /(?:content|messages)[\s\S]{0,80}(?:must|should|expected|to be|invalid type)[\s\S]{0,40}string|(?:can only concatenate str|unsupported content|invalid type: sequence|multimodal|content list)/i;
const WANTS_CONTENT = /content[\s\S]{0,60}(?:null|none|required|missing|must not be empty|empty)/i;
const REASONING = /reasoning_content|\breasoning\b|\bthinking\b/i;

const MISSING_REASONING =
  /missing[^.]{0,40}(?:reasoning|thinking)|(?:reasoning|thinking)[^.]{0,80}(?:missing|must (?:be|have been) (?:passed|provided|included|present|set|sent)|(?:is|are) required|passed back)/i;

/** Which answers of the history need their thoughts, by a refusal that misses some; undefined for any other. */
function wantedReasoning(
  message: string,
  { wantsReasoning }: ModelHabits,
): ModelHabits['wantsReasoning'] | undefined {
  if (!MISSING_REASONING.test(message) || wantsReasoning === 'always') return undefined;
  return wantsReasoning === 'of-question' && /tool[ _-]?calls? message/i.test(message)
    ? 'with-calls'
    : 'always';
}

function learnForm(words: ErrorWords, sent: Fields, habits: ModelHabits): boolean {
  const { message } = words;
  const messages = (Array.isArray(sent['messages']) ? sent['messages'] : []).filter(isJsonObject);
  const wanted = hasRole(messages, 'assistant') ? wantedReasoning(message, habits) : undefined;
  if (wanted !== undefined) {
    habits.wantsReasoning = wanted;
    habits.refusesReasoning = false;
    return true;
  }
  const place = `${words.param ?? ''} ${words.places.join(' ')}`;
  const isAboutMessages = /messages/.test(place) || /messages?\b|content|role/i.test(message);
  if (
    !habits.hasNoDeveloper &&
    hasRole(messages, 'developer') &&
    /developer|role/i.test(`${message} ${place}`)
  ) {
    habits.hasNoDeveloper = true;
    return true;
  }
  if (
    !habits.wantsShortIds &&
    SHORT_IDS.test(message) &&
    messages.some((one) => 'tool_calls' in one || 'tool_call_id' in one)
  ) {
    habits.wantsShortIds = true;
    return true;
  }
  const level = roleLevelFor(message, messages, habits.roles);
  if (level !== undefined) {
    habits.roles = level;
    return true;
  }
  if (!habits.refusesTextBesideThoughts && /both content and thinking/i.test(message)) {
    habits.refusesTextBesideThoughts = true;
    return true;
  }
  const hasReasoning = hasThoughts(sent);
  if (
    !habits.refusesReasoning &&
    hasReasoning &&
    REASONING.test(`${message} ${place}`) &&
    (NOT_KNOWN.test(message) || /\bremove\b/i.test(message))
  ) {
    habits.refusesReasoning = true;
    return true;
  }
  if (!isAboutMessages) return false;
  if (!habits.wantsText && messages.some(hasPlainList) && WANTS_TEXT.test(message)) {
    habits.wantsText = true;
    return true;
  }
  if (
    !habits.wantsContent &&
    messages.some(({ content }) => content === null) &&
    WANTS_CONTENT.test(`${place} ${message}`)
  ) {
    habits.wantsContent = true;
    return true;
  }
  return false;
}

/** The form of roles to try next; undefined where the refusal is not about roles, or no form is left. */
function roleLevelFor(
  message: string,
  messages: readonly JsonObject[],
  now: RoleLevel,
): RoleLevel | undefined {
  const later = messages.slice(1).some(({ role }) => role === 'system' || role === 'developer');
  const isFirst = hasRole(messages.slice(0, 1), 'system') || hasRole(messages.slice(0, 1), 'developer');
  const wanted = NO_SYSTEM.test(message)
    ? 'no-system'
    : SYSTEM_FIRST.test(message)
      ? 'system-first'
      : ALTERNATE.test(message)
        ? 'alternating'
        : ROLE.test(message)
          ? later
            ? 'system-first'
            : 'alternating'
          : undefined;
  if (wanted === undefined) return undefined;
  const next = Math.max(ROLE_LEVELS.indexOf(wanted), ROLE_LEVELS.indexOf(now) + 1);
  const level = ROLE_LEVELS[next];
  // With no system message to fold the last form is the one before it.
  return level === 'no-system' && !isFirst && !later ? undefined : level;
}

function hasRole(messages: readonly JsonObject[], role: string): boolean {
  return messages.some((message) => message['role'] === role);
}

/** A list of texts alone, which is as good as one text. */
function hasPlainList({ content }: JsonObject): boolean {
  return (
    Array.isArray(content) && content.every((part) => isJsonObject(part) && typeof part['text'] === 'string')
  );
}

function wordsIn(message: string): ReadonlySet<string> {
  return new Set(message.toLowerCase().match(/[a-z_]+/g) ?? []);
}

function escapeName(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** `fields` as the model takes them. */
export function withoutRefused(fields: Fields, habits: ModelHabits): Record<string, unknown> {
  const taken: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(withOtherLimit(fields, habits))) {
    if (habits.refused.has(name) || habits.refusedValues.get(name)?.has(JSON.stringify(value))) continue;
    if (name === 'stream_options' && habits.refused.has('stream')) continue;
    // Without the other one it is an error.
    if (name === 'top_logprobs' && habits.refused.has('logprobs')) continue;
    const steps = name === 'reasoning_effort' && typeof value === 'string' && habits.efforts !== undefined;
    if (name === 'response_format') {
      const format = toTakenFormat(value, habits);
      if (format !== undefined) taken[name] = format;
      continue;
    }
    taken[name] = steps ? nearestEffort(value, habits.efforts ?? []) : value;
  }
  if (habits.refusedChoices.size > 0) withTakenChoice(taken, habits);
  return taken;
}

/** Each server knows the limit of an answer by one of its two names. */
function withOtherLimit(fields: Fields, { refused }: ModelHabits): Fields {
  const [name, other] = refused.has('max_tokens') ? LIMITS : [LIMITS[1], LIMITS[0]];
  if (!(name in fields) || !refused.has(name) || other in fields) return fields;
  const { [name]: limit, ...others } = fields;
  return { ...others, [other]: limit };
}
