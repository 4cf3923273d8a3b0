/** What keeps this user from making a file in a folder that may not be there yet. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The innermost folder of `folder`'s path that exists, if nothing can be made in it; undefined if something can. */
export function obstacleTo(folder: string): string | undefined {
  if (!existsSync(folder) && dirname(folder) !== folder) return obstacleTo(dirname(folder));
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    // That is the answer.
    return folder;
  }
}
