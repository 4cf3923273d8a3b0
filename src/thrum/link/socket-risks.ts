/** What speaks against trusting a socket: nothing but its file permissions guards what is said on it. */
import { lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export type SocketRisk =
  | 'it is a symbolic link'
  | 'it belongs to another user'
  | 'others may write to it'
  | 'its folder belongs to another user'
  | 'others may write in its folder';

/** What of a file's status counts. */
export interface FileFacts {
  readonly uid: number;
  readonly gid: number;
  /** As `stat` gives it. */
  readonly mode: number;
  isSymbolicLink(): boolean;
}

/** Who runs the bridge. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

const ROOT = 0;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
/** In such a folder nobody can take away what another user has put there. */
const STICKY = 0o1000;

/** Pure. `folder` is that of the socket, links followed. */
export function findRisks(socket: FileFacts, folder: FileFacts, user: User): readonly SocketRisk[] {
  const risks: SocketRisk[] = [];
  if (socket.isSymbolicLink()) risks.push('it is a symbolic link');
  if (isForeign(socket, user)) risks.push('it belongs to another user');
  // The mode of a link says nothing.
  if (!socket.isSymbolicLink() && isOpenToOthers(socket, user)) risks.push('others may write to it');
  if (isForeign(folder, user)) risks.push('its folder belongs to another user');
  if (isOpenToOthers(folder, user) && (folder.mode & STICKY) === 0)
    risks.push('others may write in its folder');
  return risks;
}

/** The risks of the socket at `path`; none where there is no file, for then there is nothing to dial either. */
export function socketRisks(path: string): readonly SocketRisk[] {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === undefined || gid === undefined) return [];
  try {
    return findRisks(lstatSync(path), statSync(dirname(path)), { uid, gid });
  } catch {
    // Absent, or not for us to see: the dial says so in its own words.
    return [];
  }
}

function isForeign({ uid }: FileFacts, user: User): boolean {
  return uid !== user.uid && uid !== ROOT;
}

/** The user's own group counts as the user: many systems give each user one, and let it write by default. */
function isOpenToOthers({ mode, gid }: FileFacts, user: User): boolean {
  return (mode & WRITABLE_BY_OTHERS) !== 0 || ((mode & WRITABLE_BY_GROUP) !== 0 && gid !== user.gid);
}
