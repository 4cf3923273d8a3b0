/** `POST /api/show`: a model's card (src/http/ollama/README.md, "Show"). */
import { Fault } from '../../core/fault.js';
import { type Capability, isUnserved, type Model, type ModelCard } from '../../core/model.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { findByName, requireModel } from './find-by-name.js';
import type { NamedBody } from './management-schema.js';
import { detailsOf } from './model-lists.js';
import { parseModelName, toShortestName, withTag } from './model-name.js';
import { type BodyRequest, jsonAnswer, type OllamaContext } from './route.js';

/** Where the number of parameters is unknown: clients want a positive number. */
const UNKNOWN_COUNT = 1;
const SCALES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['K', 1e3],
  ['M', 1e6],
  ['B', 1e9],
  ['T', 1e12],
]);

const TEMPLATE_TOOLS =
  '{{ if .Tools }}You may call these tools:\n{{ range .Tools }}{{ . }}\n{{ end }}{{ end }}';
const TEMPLATE_MESSAGES =
  '{{ range .Messages }}<turn role="{{ .Role }}">\n{{ .Content }}\n</turn>\n{{ end }}';

const CLOUD_DISABLED = 'ollama cloud is disabled: remote model details are unavailable';
const LICENSE = "This model is served through hum; the terms are those of the model's provider.";
/** Copilot displays the basename as the model's name, so it gets the name that it requested. */
const COPILOT = 'GitHubCopilotChat/';
const PARAMETER_COLUMNS = 30;

/**
 * Each listed model has a card, whether it is served now or not: some clients drop the whole list where one card fails
 * (src/http/README.md, "Models").
 */
export function answerShow(
  { mesh, modifiedAt }: OllamaContext,
  { body, c }: BodyRequest<NamedBody>,
): WireAnswer {
  const requested = body.model || body.name;
  if (!requested) throw new Fault('bad-request', 'model is required');
  const name = parseModelName(requested);
  const known = findByName(mesh.models(), requested);
  const words = {
    notFound: `model '${name ? toShortestName(name) : requested}' not found`,
    cloud: CLOUD_DISABLED,
  };
  const model = known?.listed ? known : requireModel(mesh, requested, words);
  const isCopilot = c.req.header('user-agent')?.startsWith(COPILOT) ?? false;
  return jsonAnswer(toShowAnswer(model, isCopilot ? requested : model.id, modifiedAt));
}

function toShowAnswer(model: Model, basename: string, modifiedAt: string) {
  const { card } = model;
  const template = toTemplate(card.capabilities);
  const parameters = `${'num_ctx'.padEnd(PARAMETER_COLUMNS)} ${card.contextLength}`;
  return {
    license: LICENSE,
    modelfile: toModelfile(model, template),
    parameters,
    template,
    details: detailsOf(card),
    model_info: toModelInfo(card, basename),
    capabilities: card.capabilities,
    modified_at: modifiedAt,
  };
}

function toModelfile(model: Model, template: string): string {
  const { id, card } = model;
  return [
    '# This model lives in hum; these lines only describe it.',
    ...(isUnserved(model) ? ['# No worker serves it now.'] : []),
    `FROM ${withTag(id)}`,
    `TEMPLATE """${template}"""`,
    `PARAMETER num_ctx ${card.contextLength}`,
    `LICENSE """${LICENSE}"""`,
    '',
  ].join('\n');
}

/**
 * The `model_info` of a card: what the header of a GGUF file would contain. Always an object, in the order in which Go
 * writes its keys.
 */
function toModelInfo(card: ModelCard, basename: string): Readonly<Record<string, string | number>> {
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

/**
 * The `template` of a card. Prompts are made elsewhere; clients look for words in it (src/http/README.md, "Models"). Names
 * tools only where the model calls some, and `.Suffix` only where it fills in the middle.
 */
export function toTemplate(capabilities: readonly Capability[]): string {
  const system = '{{ if .System }}{{ .System }}\n{{ end }}';
  const tools = capabilities.includes('tools') ? TEMPLATE_TOOLS : '';
  const conversation = system + tools + TEMPLATE_MESSAGES;
  if (!capabilities.includes('insert')) return conversation;
  return `{{ if .Suffix }}{{ .Prompt }}{{ .Suffix }}{{ else }}${conversation}{{ end }}`;
}
