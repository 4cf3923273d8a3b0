/**
 * Ollama's grammar of model names: `[scheme://][host/][namespace/]model[:tag]` (src/http/ollama/README.md, "Model names").
 */

/** A name with every part; those that were not written have Ollama's defaults. */
export interface ModelName {
  readonly scheme: string | undefined;
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
  /** What a `:local` or `:cloud` behind the name asks for; `both` contradicts itself. */
  readonly source: 'any' | 'local' | 'cloud' | 'both';
}

const DEFAULT_HOST = 'registry.ollama.ai';
const DEFAULT_NAMESPACE = 'library';
const DEFAULT_TAG = 'latest';

const HOST = /^\w[\w.:-]{0,349}$/;
const NAMESPACE = /^\w[\w-]{0,79}$/;
const MODEL_OR_TAG = /^\w[\w.-]{0,79}$/;

/** All parts at their longest take less. */
const MAX_NAME_CHARACTERS = 1_024;

/** Undefined for a text that no model of Ollama's can be called. */
export function parseModelName(text: string): ModelName | undefined {
  if (text.length > MAX_NAME_CHARACTERS) return undefined;
  const { base, source } = splitSource(text.trim());
  const [address, scheme] = splitScheme(base);
  const colon = address.lastIndexOf(':');
  const hasTag = colon > address.lastIndexOf('/');
  const tag = hasTag ? address.slice(colon + 1) : DEFAULT_TAG;
  const parts = (hasTag ? address.slice(0, colon) : address).split('/');
  const model = parts.pop() ?? '';
  const namespace = parts.pop() ?? DEFAULT_NAMESPACE;
  const host = parts.pop() ?? DEFAULT_HOST;
  if (parts.length > 0 || !HOST.test(host) || !NAMESPACE.test(namespace)) return undefined;
  if (!MODEL_OR_TAG.test(model) || !MODEL_OR_TAG.test(tag)) return undefined;
  return { scheme, host, namespace, model, tag, source };
}

/** As in lists: without the default host and namespace, and always with a tag. */
export function toShortestName({ host, namespace, model, tag }: ModelName): string {
  if (host !== DEFAULT_HOST) return `${host}/${namespace}/${model}:${tag}`;
  return namespace === DEFAULT_NAMESPACE ? `${model}:${tag}` : `${namespace}/${model}:${tag}`;
}

/** As Ollama spells it in the text of a missing capability; what is no name of its grammar stays as it is. */
export function toFullName(text: string): string {
  const name = parseModelName(text);
  return name === undefined ? text : `${name.host}/${name.namespace}/${name.model}:${name.tag}`;
}

function splitScheme(text: string): readonly [rest: string, scheme: string | undefined] {
  const end = text.indexOf('://');
  return end < 0 ? [text, undefined] : [text.slice(end + 3), text.slice(0, end).toLowerCase()];
}

/** Takes `:local`, `:cloud` and the `-cloud` of a tag off the end. */
function splitSource(text: string): { readonly base: string; readonly source: ModelName['source'] } {
  const [suffix = '', word = ''] = /:(cloud|local)$/i.exec(text) ?? [];
  if (suffix === '') {
    const base = text.replace(/(:[^:/]+)-cloud$/i, '$1');
    return { base, source: base === text ? 'any' : 'cloud' };
  }
  const source = word.toLowerCase() === 'cloud' ? 'cloud' : 'local';
  const inner = splitSource(text.slice(0, -suffix.length));
  return { base: inner.base, source: inner.source === 'any' || inner.source === source ? source : 'both' };
}

/**
 * As Ollama writes names, always with a tag: `claude-sonnet-4` as `claude-sonnet-4:latest`; a name with a tag stays as it
 * is. A `:` before a `/` is a port.
 */
export function withTag(name: string): string {
  return name.lastIndexOf(':') > name.lastIndexOf('/') ? name : `${name}:latest`;
}
