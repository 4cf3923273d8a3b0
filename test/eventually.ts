/** Waits for something that will be true soon, with an end. */

const DEADLINE_MS = 5_000;
const PAUSE_MS = 5;

/** Resolves when `check` no longer throws or rejects; rejects with its last error after `deadlineMs`. */
export async function eventually(check: () => unknown, deadlineMs: number = DEADLINE_MS): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
