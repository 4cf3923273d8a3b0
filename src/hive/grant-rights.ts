/** Decides what a worker may do for a request, and where it works: by what the hive, the model and the API key say. */
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, sep } from 'node:path';
import { Fault } from '../core/fault.js';
import { foundModel } from '../core/model.js';
import type { GrantRights, RightsClaim } from '../core/port.js';
import type { TurnRequest } from '../core/request.js';
import { type RightsSetting, smallestOf, type WorkerTools } from '../core/rights.js';

/** What a hive says. Read at each use. */
export interface RightsPolicy extends RightsSetting {
  readonly cwdRoots: readonly string[];
  readonly defaultSystem: string;
}

/** A folder that cannot be looked at within this time, on a network that is gone for example, counts as one that is not there. */
const LOOK_MS = 2_000;

/**
 * Worker tools: none for a request that brings its own, else the least that hive and model say, and no more than the key's.
 * Folder: what the client names, if it may, else what its key says, else the model's entry, else the hive. The key's folder is a
 * bound for what the client names.
 */
export function createRightsGrant(policy: RightsPolicy): GrantRights {
  return (request, claim) => {
    const model = foundModel(request.resolved)?.setting;
    // A key, and what became of the client's own tools, can only take away.
    const given = smallestOf([policy.workerTools, model?.workerTools]);
    const workerTools =
      request.tools.length > 0
        ? 'none'
        : smallestOf([given, claim.key?.workerTools, request.rights?.workerTools]);
    const asked = withDefaultSystem(request, workerTools, model?.defaultSystem ?? policy.defaultSystem);
    if (claim.cwd !== undefined) {
      return claimedFolder(claim.cwd, policy.cwdRoots, claim).then((cwd) =>
        withRights(asked, workerTools, cwd),
      );
    }
    const configured = claim.key?.cwd ?? model?.cwd ?? policy.cwd;
    if (configured === undefined) return withRights(asked, workerTools);
    return configuredFolder(configured).then((cwd) => withRights(asked, workerTools, cwd));
  };
}

function withRights(request: TurnRequest, workerTools: WorkerTools, cwd?: string): TurnRequest {
  return { ...request, rights: cwd === undefined ? { workerTools } : { workerTools, cwd } };
}

/** Without a system text Claude Code's CLI says its own to the model, which makes it a programmer with a shell. */
function withDefaultSystem(request: TurnRequest, workerTools: WorkerTools, system: string): TurnRequest {
  const isWanted = workerTools === 'none' && system !== '' && !request.system;
  return isWanted && foundModel(request.resolved)?.profile?.isClaude ? { ...request, system } : request;
}

/**
 * The folder that a client names. Rejects with `bad-request`, in the same words whatever is wrong with an absolute path: no client is to
 * learn what there is outside of the roots.
 */
async function claimedFolder(path: string, roots: readonly string[], { key }: RightsClaim): Promise<string> {
  if (roots.length === 0)
    throw refused(
      'may not be used here: no folder is configured below which clients may name one (cwdRoots)',
    );
  if (!isAbsolute(path)) throw refused('must be an absolute path');
  const folder = await findFolder(path);
  if (folder !== undefined) {
    const isAllowed = await isBelowAny(folder, roots);
    if (isAllowed && (key?.cwd === undefined || (await isBelowAny(folder, [key.cwd])))) return folder;
  }
  throw refused('must name a folder that is there, below one of those that are configured for this');
}

function refused(what: string): Fault {
  return new Fault('bad-request', `x-hum-cwd ${what}`, { param: 'x-hum-cwd' });
}

async function configuredFolder(path: string): Promise<string> {
  const folder = await findFolder(path);
  if (folder !== undefined) return folder;
  throw new Fault(
    'folder-missing',
    'the folder that this server is configured to have the model work in (cwd) is not there',
  );
}

async function isBelowAny(folder: string, roots: readonly string[]): Promise<boolean> {
  for (const root of roots) {
    const real = await findFolder(root);
    if (real !== undefined && (folder === real || folder.startsWith(real.endsWith(sep) ? real : real + sep)))
      return true;
  }
  return false;
}

/** The folder at `path` without symbolic links; undefined if there is none, or it cannot be looked at. */
async function findFolder(path: string): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LOOK_MS);
  });
  try {
    return await Promise.race([resolveFolder(path), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function resolveFolder(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isDirectory() ? real : undefined;
  } catch {
    // Not there, not for us to see, or no path at all: each is the same answer.
    return undefined;
  }
}
