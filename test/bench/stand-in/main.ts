/**
 * The stand-in for humd and its worker, as a process of its own: says what humd would say at a small part of the bridge's
 * cost, so that the bridge is what is measured. node …/stand-in/main.js SOCKET BEES [TOKEN-TO-LEAVE-OUT]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { MODEL } from '../order.js';
import { BeeLink } from './bee-link.js';
import type { UnreadLimit } from './unread-tones.js';

const [socketPath = '', beesPath = '', leftOut = '0'] = process.argv.slice(2);

/** Counts the tokens of all links down to the one that is left out. */
let untilLeftOut = Number(leftOut);
const omission = { take: () => untilLeftOut > 0 && --untilLeftOut === 0 };

const limit: UnreadLimit = { tones: 0, dropped: 0 };

const WORKER = {
  name: 'bench',
  version: '1.0.0',
  proto_version: '0.7.0',
  propensity: { statefulness: 'stateless_per_call', richness: 'rich', wire: 'bench' },
  chis: ['prompt', 'cancel', 'cleanup', 'chunk', 'finish', 'error'],
  bee: ['worker'],
  hid: `wbee_${'0'.repeat(64)}`,
  models: [MODEL],
};
mkdirSync(dirname(beesPath), { recursive: true });
writeFileSync(beesPath, JSON.stringify({ 'bench-worker': WORKER }));

const links = new Set<BeeLink>();
createServer((socket) => {
  const link = new BeeLink(socket, omission, limit);
  links.add(link);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => links.delete(link));
}).listen(socketPath, () => process.send?.('ready'));

/** Told how many unread tones a bee may have from now on, or asked for nothing but the answer. */
process.on('message', (message: { readonly unreadTones: number } | 'status') => {
  if (message !== 'status') limit.tones = message.unreadTones;
  const openSids = [...links].reduce((sum, link) => sum + link.openSids, 0);
  process.send?.({ openSids, dropped: limit.dropped });
});
process.on('disconnect', () => process.exit());
