/** What can be done to one turn on its way between humd and the bridge. */

/**
 * `drop-prompt`: humd loses the prompt in silence. `drop-chunk`: one piece of the answer is lost, only ever in the dialect in
 * which that can be seen. `drop-finish`: the end is lost. `mute`: nothing of the turn comes after so many tones.
 * `repeat-finish`: the end comes twice. `late-tones`: output comes behind the end.
 */
export type TurnFault =
  | { readonly kind: 'drop-prompt' }
  | { readonly kind: 'drop-chunk'; readonly index: number }
  | { readonly kind: 'drop-finish' }
  | { readonly kind: 'mute'; readonly after: number }
  | { readonly kind: 'repeat-finish' }
  | { readonly kind: 'late-tones' };

/** What can happen to everybody at once. `downMs`: how long until what went away is there again. */
export type MeshFault =
  | { readonly kind: 'break-link' }
  | { readonly kind: 'restart-humd'; readonly downMs: number }
  | { readonly kind: 'kill-worker'; readonly downMs: number }
  /** Lines that are no tones. */
  | { readonly kind: 'garbage' }
  /** A line that is longer than the bridge takes. */
  | { readonly kind: 'big-line' };
