/** How much of each thing a run does. */

export interface Sizes {
  /** Requests of one kind in a row, and how often that is repeated in a round. */
  readonly firstToken: { readonly requests: number; readonly blocks: number };
  readonly flood: { readonly streams: number; readonly tokens: number };
  readonly paced: { readonly streams: readonly number[]; readonly tokens: number; readonly paceMs: number };
  readonly short: { readonly requests: number; readonly concurrency: number; readonly tokens: number };
  readonly idle: { readonly streams: number };
  readonly aborts: { readonly bursts: number; readonly streams: number; readonly settleMs: number };
  readonly startUp: { readonly starts: number };
  /** The longer answer has ten times as many tokens. */
  readonly longAnswer: { readonly tokens: number };
  /** The longer history has ten times as many characters. */
  readonly longHistory: { readonly characters: number; readonly requests: number };
  /** Large bodies come one after the other while the streams run. */
  readonly bigBody: {
    readonly streams: number;
    readonly tokens: number;
    readonly paceMs: number;
    readonly bodies: number;
    readonly characters: number;
  };
  /** What the programs do before anything counts. */
  readonly warmUp: { readonly requests: number; readonly tokens: number };
  /** How long a process is left alone before its CPU time or its memory is read, in ms. */
  readonly settleMs: number;
}

/** What the targets are meant for. */
export const FULL: Sizes = {
  firstToken: { requests: 150, blocks: 4 },
  flood: { streams: 64, tokens: 3_000 },
  paced: { streams: [512, 1_024], tokens: 100, paceMs: 20 },
  short: { requests: 6_000, concurrency: 32, tokens: 5 },
  idle: { streams: 2_000 },
  aborts: { bursts: 16, streams: 500, settleMs: 60_000 },
  startUp: { starts: 3 },
  longAnswer: { tokens: 10_000 },
  longHistory: { characters: 1_000_000, requests: 10 },
  bigBody: { streams: 512, tokens: 500, paceMs: 20, bodies: 4, characters: 10_000_000 },
  warmUp: { requests: 2_000, tokens: 1_000 },
  // The journal is written a second after a turn: that belongs to what it costs.
  settleMs: 1_100,
};

/** Within about a minute a round; the same figures with less behind them. */
export const QUICK: Sizes = {
  ...FULL,
  firstToken: { requests: 100, blocks: 2 },
  flood: { streams: 64, tokens: 1_000 },
  short: { requests: 2_000, concurrency: 32, tokens: 5 },
  idle: { streams: 1_000 },
  aborts: { bursts: 8, streams: 250, settleMs: 10_000 },
  longHistory: { characters: 1_000_000, requests: 3 },
};

/** Shows that everything works; the figures mean nothing. Only a big body has its size: what it shows is a loss. Its streams
 * have a pace that is held beside other tests on two cores. */
export const SMOKE: Sizes = {
  firstToken: { requests: 5, blocks: 1 },
  flood: { streams: 4, tokens: 50 },
  paced: { streams: [8, 16], tokens: 5, paceMs: 5 },
  short: { requests: 20, concurrency: 4, tokens: 5 },
  idle: { streams: 10 },
  aborts: { bursts: 2, streams: 10, settleMs: 100 },
  startUp: { starts: 1 },
  longAnswer: { tokens: 100 },
  longHistory: { characters: 20_000, requests: 1 },
  bigBody: { streams: 512, tokens: 60, paceMs: 80, bodies: 1, characters: 10_000_000 },
  warmUp: { requests: 5, tokens: 10 },
  settleMs: 0,
};
