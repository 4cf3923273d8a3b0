/** OpenAI's routes for things that hum has not: a client that tries them is told so, and what there is instead. */
import { Fault } from '../../core/fault.js';
import type { Route } from '../surface.js';

const ABSENT = [
  'audio',
  'images',
  'files',
  'uploads',
  'batches',
  'assistants',
  'threads',
  'moderations',
  'fine_tuning',
  'vector_stores',
  'realtime',
  'conversations',
];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const;

/** @param offered the routes that there are; each answer names them, without those that lie below another one */
export function notOfferedRoutes(offered: readonly Route[]): readonly Route[] {
  const names = offered
    .filter(({ path }) => !offered.some((other) => path.startsWith(`${other.path}/`)))
    .map(({ methods, path }) => `${methods.join(', ')} ${path}`);
  return ABSENT.flatMap((name) =>
    [`/v1/${name}`, `/v1/${name}/*`].map(
      (path): Route => ({
        methods: METHODS,
        path,
        isAbsent: true,
        handle: () => {
          throw new Fault('not-found', `/v1/${name} is not offered here. Offered are: ${names.join('; ')}.`);
        },
      }),
    ),
  );
}
