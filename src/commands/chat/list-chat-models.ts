/** The models that can be asked in a chat, as the command `models` shows them. */
import { toModelStatus } from '../../hive/model-status.js';
import { toModelTable } from '../models/show-models.js';
import type { Piece } from '../show-line.js';
import type { OpenChat } from './open-chat.js';

export function listChatModels({ nest, catalogue, configured }: OpenChat): readonly (readonly Piece[])[] {
  const roster = nest.link() === 'up' ? catalogue.roster : undefined;
  return toModelTable(toModelStatus(nest.models(), configured, roster));
}
