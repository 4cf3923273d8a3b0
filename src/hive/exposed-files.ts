/** Finds the files with secrets that others may read. */
import { statSync } from 'node:fs';

const OF_OTHERS = 0o077;

/** The mode of the file, as `0644`, if somebody besides its owner may read or change it; undefined if not, or if there is none. */
export function exposedMode(path: string): string | undefined {
  let mode: number;
  try {
    mode = statSync(path).mode & 0o777;
  } catch {
    // What is wrong with the file is said where it is read.
    return undefined;
  }
  return (mode & OF_OTHERS) === 0 ? undefined : mode.toString(8).padStart(4, '0');
}

/** One line for each of the files that others may read. @param files each with what it holds, in words */
export function exposedWarnings(
  files: readonly { readonly path: string; readonly holds: string }[],
): readonly string[] {
  return files.flatMap(({ path, holds }) => {
    const mode = exposedMode(path);
    return mode === undefined
      ? []
      : [`${path}, which holds ${holds}, has mode ${mode}: others can read or change it (chmod 600 ${path})`];
  });
}
