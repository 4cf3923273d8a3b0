/** Leaves the default models out of the lists where an upstream answers, which does not serve them. */
import { isDeepStrictEqual } from 'node:util';
import { CONFIG_KEYS, configSchema } from '../hive/config-keys.js';
import type { NestPlan } from './choose-nest.js';
import type { HiveSettings } from './settings.js';

/**
 * With an upstream, hives without the models that are listed by default: these are hum's, and the upstream lists its own. A
 * configured list stays.
 */
export function withoutUnserved<Hive extends HiveSettings>(
  hives: readonly Hive[],
  plan: NestPlan,
): readonly Hive[] {
  if (plan.type === 'hum' || plan.upstream === null) return hives;
  const byDefault = configSchema.shape.models.parse(
    CONFIG_KEYS.find(({ name }) => name === 'models')?.default,
  );
  return hives.map((hive) =>
    isDeepStrictEqual(hive.config.models, byDefault)
      ? { ...hive, config: { ...hive.config, models: [] } }
      : hive,
  );
}
