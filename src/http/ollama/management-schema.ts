/** What the bodies of the routes that manage models must look like. */
import type { z } from 'zod';
import { goTypes } from './go-types.js';

/** `name` is the older spelling of `model`, and what several clients still send (src/http/README.md, "Bodies"). */
function named(root: string) {
  const go = goTypes(root);
  return go.body({ model: go.string(), name: go.string(), insecure: go.bool(), stream: go.bool() });
}

export const showBody = named('ShowRequest');
export const pullBody = named('PullRequest');
export const pushBody = named('PushRequest');
export const deleteBody = named('DeleteRequest');

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

export type NamedBody = z.output<typeof showBody>;
export type CopyBody = z.output<typeof copyBody>;
export type CreateBody = z.output<typeof createBody>;
