/** What a chat goes on with: a link to humd or the daemon in its place, without an HTTP port, and the model. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { Fault } from '../../core/fault.js';
import { pickModel } from '../../core/model.js';
import type { GrantRights } from '../../core/port.js';
import { loadConfig } from '../../hive/config.js';
import { createRightsGrant } from '../../hive/grant-rights.js';
import { hidOf } from '../../hive/identity.js';
import { SEED_BYTES } from '../../hive/key-file.js';
import type { ModelEntry } from '../../hive/model-entry.js';
import { findNearest } from '../../hive/nearest.js';
import { chooseNest } from '../../run/choose-nest.js';
import type { ChatInvocation } from '../../run/command-line/invocation.js';
import { createNest, type HiveCatalogue } from '../../run/create-nest.js';
import { withoutUnserved } from '../../run/settings.js';
import type { HiveNest } from '../../run/moving-nest.js';
import type { CommandContext } from '../context.js';

export interface OpenChat {
  readonly nest: HiveNest;
  /** As for the hive's clients, but without any key. */
  readonly grantRights: GrantRights;
  readonly catalogue: HiveCatalogue;
  /** The models of the configuration. */
  readonly configured: readonly ModelEntry[];
  /** Who answers, in a few words. */
  readonly who: string;
  /** True if nothing but an echo answers. */
  readonly isEcho: boolean;
  /** Cancels what runs, and closes the link. */
  close(): Promise<void>;
}

/** A chat takes no requests. */
const NO_ADDRESS = { host: '127.0.0.1', port: 0 };

/**
 * Resolves when the link is up. Rejects with a `ConfigError`, with `link-down` after the hive's `readyTimeoutMs`, and with
 * the reason of `signal`.
 */
export async function openChat(
  { hive, nest: choice, upstream }: Pick<ChatInvocation, 'hive' | 'nest' | 'upstream'>,
  { env, version }: CommandContext,
  signal: AbortSignal,
): Promise<OpenChat> {
  const loaded = loadConfig({ kind: hive, env }).config;
  const log = pino({ level: 'silent' });
  const chosen = await chooseNest(choice, [loaded], env, { flag: upstream, version, log });
  const { plan } = chosen;
  const [{ config } = { config: loaded }] = withoutUnserved([{ config: loaded, apiKeys: [] }], plan);
  const { nest, catalogue, whoAnswers } = createNest({
    // The tools of a bridge that runs are for that bridge to declare.
    config: { ...config, declareTools: [] },
    // An identity of its own, so that a bridge that runs is not taken for gone.
    hid: hidOf(randomBytes(SEED_BYTES)),
    places: chosen.placesFor(loaded),
    laterPlaces: chosen.laterPlacesFor(loaded),
    version,
    log,
  });
  const close = async () => {
    await nest.close();
    catalogue.close();
    await chosen.close();
  };
  try {
    nest.start(NO_ADDRESS);
    await Promise.race([nest.whenUp(loaded.readyTimeoutMs), rejectsWhen(signal)]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    nest,
    grantRights: createRightsGrant(config),
    catalogue,
    configured: config.models,
    get who() {
      return whoAnswers().text;
    },
    get isEcho() {
      return whoAnswers().answers === 'echo';
    },
    close,
  };
}

function rejectsWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * The name of the model that was asked for, or of the first one that a worker serves. Rejects with `model-not-found`, and what
 * may have been meant; without a roster humd decides.
 */
export async function chooseModel(asked: string | undefined, { nest, catalogue }: OpenChat): Promise<string> {
  const isKnown = await catalogue.refresh();
  const models = nest.models();
  if (asked !== undefined) {
    const found = nest.findModel(asked);
    // It is known, and each turn says that no worker serves it, as long as that is so.
    if (found instanceof Fault) return asked;
    if (found !== undefined) return found.id;
    if (!isKnown) return asked;
    const nearest = findNearest(
      asked,
      models.map(({ id }) => id),
    );
    const proposal = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    throw new Fault('model-not-found', `there is no model ${JSON.stringify(asked)}${proposal}`);
  }
  const picked = pickModel(models);
  if (picked === undefined)
    throw new Fault('model-not-found', 'no worker is on the mesh, so nobody can answer');
  return picked;
}
