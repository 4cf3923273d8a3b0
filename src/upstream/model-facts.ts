/** What a server says of its models, under the names that servers have for it. */
import { isCount } from '../core/count.js';
import type { Capability } from '../core/model.js';
import { isJsonObject, type JsonObject } from '../core/json-object.js';

export interface ModelFacts {
  /** In tokens. */
  readonly contextLength?: number;
  readonly capabilities?: readonly Capability[];
  /** What neither the server nor the name says that it can or cannot do. */
  readonly untold?: readonly Capability[];
}

export interface ListedModel extends ModelFacts {
  readonly id: string;
}

/** What the server has loaded goes before what the model was trained for. */
const CONTEXT_NAMES = [
  ...[
    'max_model_len',
    'loaded_context_length',
    'n_ctx',
    'context_length',
    'context_window',
    'max_context_length',
  ],
  ...[
    'max_input_tokens',
    'max_context_window_tokens',
    'inputTokenLimit',
    'input_token_limit',
    'max_prompt_tokens',
  ],
  ...[
    'max_sequence_length',
    'max_seq_len',
    'context_size',
    'ctx_len',
    'max_position_embeddings',
    'n_ctx_train',
  ],
];
const MAX_DEPTH = 3;

/** The models of an answer to `GET /models`; also of a list without anything around it. Entries without a name are passed over. */
export function readModelList(answer: unknown): readonly ListedModel[] {
  const { data, models } = isJsonObject(answer) ? answer : { data: answer, models: undefined };
  const list = Array.isArray(data) ? data : Array.isArray(models) ? models : [];
  // llama.cpp tells what its models can do in a second list.
  const details = Array.isArray(models) ? models.filter(isJsonObject) : [];
  return list.flatMap((entry: unknown) => {
    const model = isJsonObject(entry) ? entry : {};
    const id = typeof entry === 'string' ? entry : (model['id'] ?? model['name'] ?? model['model']);
    if (typeof id !== 'string' || id === '' || model['active'] === false) return [];
    const beside = details.find(({ name, model: other }) => name === id || other === id);
    return [toListedModel(id, beside === undefined || beside === model ? model : { ...beside, ...model })];
  });
}

function toListedModel(id: string, model: JsonObject): ListedModel {
  const contextLength = findNumber(model, CONTEXT_NAMES);
  return { id, ...(contextLength === undefined ? {} : { contextLength }), ...findCapabilities(id, model) };
}

/** The first of `names` anywhere in `object`, the outer places first. */
function findNumber(object: JsonObject, names: readonly string[]): number | undefined {
  const objects = objectsOf(object, 0);
  for (const name of names) {
    for (const place of objects) {
      const value = place[name];
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
      if (isCount(number) && number > 0) return number;
    }
  }
  return undefined;
}

function objectsOf(object: JsonObject, depth: number): readonly JsonObject[] {
  if (depth > MAX_DEPTH) return [];
  return [
    object,
    ...Object.values(object)
      .filter(isJsonObject)
      .flatMap((child) => objectsOf(child, depth + 1)),
  ];
}

const EMBEDDING_NAME =
  /(?:^|[-_/.:])(?:embed(?:ding|der|dings)?s?|bge|gte|e5|minilm|nomic-embed|jina-embeddings|arctic-embed|mxbai-embed|text-embedding)(?:$|[-_/.:\d])|text-embedding|-embed-/i;
const VISION_NAME =
  /(?:^|[-_/.:])(?:vl|vision|llava|bakllava|pixtral|moondream|minicpm-v|internvl|cogvlm|gpt-4o|gpt-4\.1|gpt-5|gpt-4-turbo|o3|o4-mini|gemini|gemma-?3|gemma-?4|claude|qwen\d?(?:\.\d)?-?(?:vl|omni)|llama-?4|llama-?3\.2-(?:11b|90b)|mistral-(?:small-3|medium-3)|grok-4)/i;
const THINKING_NAME =
  /(?:^|[-_/.:])(?:deepseek-r\d|deepseek-reasoner|deepseek-v3\.[1-9]|r1|qwq|qwen-?3|magistral|gpt-oss|gpt-5|o1|o3|o4-mini|glm-4\.[5-9]|glm-[5-9]|minimax-m\d|kimi-k2-thinking|gemini-2\.5|gemini-3)|(?:thinking|reasoning|reasoner)/i;

/** What the server says, else what the name does: clients are shown no more than that, and not refused what is left open. */
function findCapabilities(id: string, model: JsonObject): Pick<ModelFacts, 'capabilities' | 'untold'> {
  const words = wordsOf(model);
  if (isEmbedding(id, model, words)) return { capabilities: ['embedding'] };
  const told = toldOf(model, words);
  const byName = new Map<Capability, boolean>([
    ['tools', true],
    ['vision', VISION_NAME.test(id)],
    ['thinking', THINKING_NAME.test(id)],
  ]);
  const can = [...byName]
    .filter(([capability, named]) => told.get(capability) ?? named)
    .map(([capability]) => capability);
  const untold = [...byName.keys()].filter(
    (capability) => !told.has(capability) && !can.includes(capability),
  );
  return { capabilities: ['completion', ...can], ...(untold.length === 0 ? {} : { untold }) };
}

function isEmbedding(id: string, model: JsonObject, words: ReadonlySet<string>): boolean {
  const { type, task, object } = model;
  const kinds = [
    type,
    task,
    object,
    isJsonObject(model['capabilities']) ? model['capabilities']['type'] : undefined,
  ];
  if (kinds.some((kind) => typeof kind === 'string' && /embed|feature-extraction/i.test(kind))) return true;
  if (
    kinds.some(
      (kind) =>
        typeof kind === 'string' && /^(?:chat|llm|vlm|language|text-generation|completion)$/i.test(kind),
    )
  )
    return false;
  if (words.has('completion') || words.has('chat')) return false;
  return words.has('embedding') || words.has('embeddings') || EMBEDDING_NAME.test(id);
}

/** Where lists of capabilities stand. */
const LISTS = [
  'capabilities',
  'supported_features',
  'features',
  'input_modalities',
  'modalities',
  'supported_parameters',
];

/** All words of such lists, in lower case. */
function wordsOf(model: JsonObject): ReadonlySet<string> {
  const words = new Set<string>();
  for (const place of objectsOf(model, 0)) {
    for (const name of LISTS) {
      const list = place[name];
      if (Array.isArray(list))
        for (const word of list) if (typeof word === 'string') words.add(word.toLowerCase());
    }
  }
  return words;
}

const FLAGS: readonly (readonly [Capability, readonly string[]])[] = [
  [
    'tools',
    ['function_calling', 'supports_tools', 'supports_function_calling', 'tool_calls', 'tools', 'tool_call'],
  ],
  [
    'vision',
    ['vision', 'supports_vision', 'supports_image_input', 'supports_image_in', 'image_input', 'multimodal'],
  ],
  ['thinking', ['reasoning', 'supports_reasoning', 'thinking', 'supports_thinking']],
];
const LISTED: readonly (readonly [Capability, readonly string[]])[] = [
  [
    'tools',
    ['tools', 'tool_use', 'tool-use', 'function_calling', 'function-calling', 'tool_calling', 'tool_choice'],
  ],
  ['vision', ['vision', 'image', 'images', 'multimodal', 'image_input']],
  ['thinking', ['thinking', 'reasoning', 'include_reasoning', 'reasoning_effort']],
];

/** True or false for what the server says; no entry for what it leaves open. */
function toldOf(model: JsonObject, words: ReadonlySet<string>): ReadonlyMap<Capability, boolean> {
  const told = new Map<Capability, boolean>();
  const places = objectsOf(model, 0);
  for (const [capability, names] of FLAGS) {
    for (const place of places) {
      for (const name of names) {
        const flag = place[name];
        if (typeof flag === 'boolean') told.set(capability, flag || told.get(capability) === true);
      }
    }
  }
  const hasModalities = places.some((place) => Array.isArray(place['input_modalities']));
  const hasList = places.some((place) =>
    ['capabilities', 'supported_parameters', 'supported_features'].some((name) => Array.isArray(place[name])),
  );
  for (const [capability, names] of LISTED) {
    if (names.some((name) => words.has(name))) told.set(capability, true);
    else if (
      !told.has(capability) &&
      (capability === 'vision' ? hasModalities || hasList : hasList && words.size > 2)
    )
      told.set(capability, false);
  }
  if (typeof model['type'] === 'string' && model['type'].toLowerCase() === 'vlm') told.set('vision', true);
  return told;
}
