/** `POST /api/show`: a model's card (src/http/ollama/README.md, "Show"). */
import { Fault } from '../../core/fault.js';
import type { Model } from '../../core/model.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import type { OllamaContext } from './context.js';
import { requireModel } from './find-by-name.js';
import { jsonAnswer } from './json-answer.js';
import type { NamedBody } from './management-schema.js';
import { detailsOf } from './model-facts.js';
import { toModelInfo } from './model-info.js';
import { parseModelName, toShortestName } from './model-name.js';
import type { Asked } from './route.js';
import { toShownTemplate } from './shown-template.js';
import { withTag } from './tagged-name.js';

const CLOUD_DISABLED = 'ollama cloud is disabled: remote model details are unavailable';
const LICENSE = "This model is served through hum; the terms are those of the model's provider.";
/** Copilot shows the basename as the model's name and is given the name that it asked for. */
const COPILOT = 'GitHubCopilotChat/';
const PARAMETER_COLUMNS = 30;

export function answerShow(context: OllamaContext, { body, c }: Asked<NamedBody>): WireAnswer {
  const asked = body.model || body.name;
  if (!asked) throw new Fault('bad-request', 'model is required');
  const name = parseModelName(asked);
  const model = requireModel(context.conversation, asked, {
    notFound: `model '${name ? toShortestName(name) : asked}' not found`,
    cloud: CLOUD_DISABLED,
  });
  const isCopilot = c.req.header('user-agent')?.startsWith(COPILOT) ?? false;
  return jsonAnswer(toShown(model, isCopilot ? asked : model.id, context.modifiedAt));
}

function toShown({ id, card }: Model, basename: string, modifiedAt: string) {
  const template = toShownTemplate(card.capabilities);
  const parameters = `${'num_ctx'.padEnd(PARAMETER_COLUMNS)} ${card.contextLength}`;
  return {
    license: LICENSE,
    modelfile: toModelfile(id, template, card.contextLength),
    parameters,
    template,
    details: detailsOf(card),
    model_info: toModelInfo(card, basename),
    capabilities: card.capabilities,
    modified_at: modifiedAt,
  };
}

function toModelfile(id: string, template: string, contextLength: number): string {
  return [
    '# This model lives in hum; these lines only describe it.',
    `FROM ${withTag(id)}`,
    `TEMPLATE """${template}"""`,
    `PARAMETER num_ctx ${contextLength}`,
    `LICENSE """${LICENSE}"""`,
    '',
  ].join('\n');
}
