/** A wait between two deltas. It goes on when the turn is cancelled, which is mute then, but keeps no process alive. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
