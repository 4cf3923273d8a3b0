/** What the start line says of a hive that is listening. */
import { z } from 'zod';
import type { Bridge } from './bridge.js';
import type { NestView } from './choose-nest.js';

export const hiveFacts = z.object({
  kind: z.string(),
  url: z.string(),
  /** Who answers, in a few words. */
  nest: z.string(),
  /** The names of the models that are listed. */
  models: z.array(z.string()).readonly(),
});

export type HiveFacts = Readonly<z.output<typeof hiveFacts>>;

export function toHiveFacts({ config, url, nest }: Bridge, view: NestView): HiveFacts {
  return {
    kind: config.kind,
    url,
    nest: view.describe(nest.sockets()),
    models: nest
      .models()
      .filter((model) => model.listed)
      .map((model) => model.id),
  };
}
