/** What to say to somebody who named a hive that there is not. */
import { ConfigError } from './config-error.js';
import { findNearest } from './nearest.js';

/** @param commands what else may stand in the hive's place; none where only a hive can be meant */
export function unknownHive(
  kind: string,
  known: readonly string[],
  commands: readonly string[] = [],
): ConfigError {
  const nearest = findNearest(kind, [...known, ...commands]);
  const proposal = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return new ConfigError(
    commands.length === 0
      ? `unknown hive ${JSON.stringify(kind)}: the known ones are ${known.join(', ')}${proposal}`
      : `unknown hive or command ${JSON.stringify(kind)}: of hives the known ones are ${known.join(', ')}, of commands ${commands.join(', ')}${proposal}`,
  );
}
