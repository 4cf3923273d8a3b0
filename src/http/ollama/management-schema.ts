/** What the bodies of the routes that manage models must look like. */
import type { z } from 'zod';
import { goTypes } from './go-types.js';

/** `name` is the older spelling of `model`, and what several clients still send (src/http/README.md, "Bodies"). */
function nameOf(go: ReturnType<typeof goTypes>) {
  return { model: go.string(), name: go.string() };
}

/** Of the routes that Ollama asks a registry for. */
function withRegistry(root: string) {
  const go = goTypes(root);
  const login = { insecure: go.bool(), username: go.string(), password: go.string() };
  return go.body({ ...nameOf(go), ...login, stream: go.bool() });
}

const show = goTypes('ShowRequest');
export const showBody = show.body({
  ...nameOf(show),
  system: show.string(),
  template: show.string(),
  verbose: show.bool(),
  options: show.map(),
});
export const pullBody = withRegistry('PullRequest');
export const pushBody = withRegistry('PushRequest');
export const deleteBody = goTypes('DeleteRequest').body(nameOf(goTypes('DeleteRequest')));

const copy = goTypes('CopyRequest');
export const copyBody = copy.body({ source: copy.string(), destination: copy.string() });

const create = goTypes('CreateRequest');
export const createBody = create.body({
  model: create.string(),
  name: create.string(),
  from: create.string(),
  files: create.map('map[string]string'),
  adapters: create.map('map[string]string'),
  stream: create.bool(),
});

export type ShowBody = z.output<typeof showBody>;
export type RegistryBody = z.output<typeof pullBody>;
export type DeleteBody = z.output<typeof deleteBody>;
export type CopyBody = z.output<typeof copyBody>;
export type CreateBody = z.output<typeof createBody>;
