/** Names in a file or in the environment that look like configuration and are not. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { envNameOf, envPrefixOf } from './env-variables.js';
import { findNearest } from './nearest.js';
import { OLLAMA_SERVER } from './hives.js';
import type { Environment } from './paths.js';

/** One line for each of the file's `keys` that is not among the `known` ones. */
export function unknownKeyWarnings(
  keys: readonly string[],
  known: readonly string[],
  locateKey: (keys: readonly string[]) => string,
): readonly string[] {
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => {
      const nearest = findNearest(key, known);
      const proposal = nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
      return `${locateKey([key])}: the unknown key ${JSON.stringify(key)} is ignored${proposal}`;
    });
}

/**
 * One line for each variable that is set and has the prefix of the hive `kind`, but is the twin of no `known` key. What
 * belongs to another of the `hives`, whose prefix is longer, is left alone.
 */
export function unknownEnvWarnings(
  env: Environment,
  kind: string,
  known: readonly string[],
  hives: readonly string[],
): readonly string[] {
  const prefix = envPrefixOf(kind);
  const longer = hives.map(envPrefixOf).filter((other) => other !== prefix && other.startsWith(prefix));
  const twins = known.map((key) => envNameOf(kind, key));
  return Object.entries(env)
    .filter(([name, text]) => name.startsWith(prefix) && text !== undefined && text.trim() !== '')
    .map(([name]) => name)
    .filter((name) => !twins.includes(name) && !longer.some((other) => name.startsWith(other)))
    .map((name) => {
      const nearest = findNearest(name.slice(prefix.length), known);
      const proposal = nearest === undefined ? '' : `; did you mean ${envNameOf(kind, nearest)}?`;
      return `the unknown environment variable ${name} is ignored${proposal}`;
    });
}

/** What may follow the hive's name in the name of a file that is meant to be its configuration. */
const ENDINGS = /(\.(jsonc?|json5|txt|conf|cfg|config|ya?ml|toml))+$/i;
/** A shorter beginning of a hive's name may mean anything. */
const LEAST_BEGINNING = 4;

/** One line for each file in the hive's folder whose name is nearly that of its configuration, which is not there. */
export function nearlyNamedWarnings(path: string, kind: string, hives: readonly string[]): readonly string[] {
  const folder = dirname(path);
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    // There is no such folder, or it is not for us to read: then nothing is in it that could be meant.
    return [];
  }
  return names
    .filter((name) => {
      const stem = name.replace(ENDINGS, '');
      if (`${stem}.json` === name && hives.includes(stem)) return false;
      const isBeginning = stem.length >= LEAST_BEGINNING && kind.startsWith(stem.toLowerCase());
      return stem !== name && (isBeginning || stem === kind || findNearest(stem, hives) === kind);
    })
    .map((name) => `${join(folder, name)} is not read: the configuration of ${kind} is ${path}`);
}

/** Ollama's own port. */
const OLLAMA_PORT = '11434';
const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];
const ANY_ADDRESS: readonly string[] = ['0.0.0.0', '[::]'];

/**
 * `OLLAMA_HOST` is never obeyed: people set it for clients, to another machine or to `0.0.0.0`. One line that says so and what to set
 * instead; none where it leads to this hive.
 *
 * @param hive as it is configured
 */
export function ollamaHostWarnings(
  env: Environment,
  hive: { readonly kind: string; readonly host: string; readonly port: number },
): readonly string[] {
  const text = env['OLLAMA_HOST']?.trim() ?? '';
  if (text === '' || hive.kind !== OLLAMA_SERVER) return [];
  const unheeded = 'OLLAMA_HOST is for clients of Ollama and not obeyed here';
  const { host, port } = readOllamaHost(text) ?? {};
  if (host === undefined || port === undefined)
    return [`${unheeded}: set OLLAMA_SERVER_HOST and OLLAMA_SERVER_PORT`];
  const isHere = host === hive.host || (LOOPBACK.includes(host) && LOOPBACK.includes(bracket(hive.host)));
  if (isHere && Number(port) === hive.port) return [];
  const isListenable = LOOPBACK.includes(host) || ANY_ADDRESS.includes(host) || /^[\d.]+$|^\[/.test(host);
  const listen = `to listen on ${host}:${port} set OLLAMA_SERVER_HOST=${host.replace(/[[\]]/g, '')} and OLLAMA_SERVER_PORT=${port}`;
  const stand = `to stand in front of it, --upstream http://${host}:${port}/v1`;
  return [
    `${unheeded}: ${isListenable ? `${listen}${ANY_ADDRESS.includes(host) ? '' : `; ${stand}`}` : stand}`,
  ];
}

/** As Ollama reads it: scheme, host and port may each be left out. Undefined for what is no address. */
function readOllamaHost(text: string) {
  const hasScheme = /^[a-z]+:\/\//i.test(text);
  const url = hasScheme ? text : `http://${/^:\d/.test(text) ? '127.0.0.1' : ''}${text}`;
  // What a user and a password are is nobody's business; numbers alone would become an address.
  if (!URL.canParse(url) || /^\d+$/.test(text)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const byScheme = protocol === 'https:' ? '443' : '80';
  const isWritten = new RegExp(`:${byScheme}(/|$)`).test(url);
  return { host: hostname, port: port || (hasScheme || isWritten ? byScheme : OLLAMA_PORT) };
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
