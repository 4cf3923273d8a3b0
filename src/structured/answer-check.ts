/** Says whether an answer is the JSON that was asked for. */
import { Fault } from '../conversation/fault.js';
import type { AnswerFormat } from '../conversation/request.js';
import type { JsonRoot } from './json-scanner.js';

export interface AnswerCheck {
  readonly root: JsonRoot;
  /** What is wrong with `json`, without a word of it; undefined if nothing is. */
  complaintAbout(json: string): string | undefined;
}

/**
 * The check for a format. The validator is loaded when the first schema comes. Rejects with `bad-request` for what is no
 * JSON Schema; `$schema` is not looked at: all drafts since 6 are read as 2020-12.
 */
export async function createCheck({ schema }: AnswerFormat): Promise<AnswerCheck> {
  if (schema === undefined) return { root: 'object', complaintAbout: complaintAboutObject };
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });
  const { $schema: _, ...draftless } = schema;
  let validate: ReturnType<typeof ajv.compile>;
  try {
    validate = ajv.compile(draftless);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown';
    throw new Fault('bad-request', `the format is not a valid JSON Schema: ${reason}`, {
      param: 'format',
      cause,
    });
  }
  return {
    root: rootOf(schema['type']),
    complaintAbout: (json) => {
      const parsed = parse(json);
      if (parsed === undefined) return 'it is not valid JSON';
      return validate(parsed.value) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'the value' });
    },
  };
}

function complaintAboutObject(json: string): string | undefined {
  const parsed = parse(json);
  if (parsed === undefined) return 'it is not valid JSON';
  const isObject = typeof parsed.value === 'object' && parsed.value !== null && !Array.isArray(parsed.value);
  return isObject ? undefined : 'it is not a JSON object';
}

function parse(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) };
  } catch {
    return undefined;
  }
}

/** From a schema's `type`: without one the value may be anything, of which an object or array is the most likely. */
function rootOf(type: unknown): JsonRoot {
  switch (type) {
    case 'object':
    case 'array':
      return type;
    case undefined:
      return 'either';
    default:
      return undefined;
  }
}
