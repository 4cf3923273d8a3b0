/** Every scenario, in the order in which a round runs them. */
import { aborts } from './aborts.js';
import { bigBody } from './big-body.js';
import { firstToken } from './first-token.js';
import { flood } from './flood.js';
import { idle } from './idle.js';
import { longAnswer } from './long-answer.js';
import { longHistory } from './long-history.js';
import { paced } from './paced.js';
import type { Scenario } from './scenario.js';
import { short } from './short.js';
import { startUp } from './start-up.js';
import { upstream } from './upstream.js';

export const SCENARIOS: readonly Scenario[] = [
  firstToken,
  flood,
  paced,
  short,
  longAnswer,
  longHistory,
  bigBody,
  startUp,
  idle,
  aborts,
  upstream,
];
