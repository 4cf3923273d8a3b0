/** A configuration that can be replaced while everybody keeps their reference to it. */
import type { HiveConfig } from './config-keys.js';

export interface LiveConfig {
  /** Always the same object; each property is what the configuration of now says. Not to be spread: that would be a copy. */
  readonly config: HiveConfig;
  replace(next: HiveConfig): void;
}

export function createLiveConfig(first: HiveConfig): LiveConfig {
  let current = first;
  // A copy as the target: of a frozen one a proxy may only give the first values.
  const config = new Proxy({ ...first }, { get: (_, key) => Reflect.get(current, key) });
  return {
    config,
    replace(next) {
      current = next;
    },
  };
}
