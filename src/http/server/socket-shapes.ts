/** What each connection costs with Node 20. */
import { Socket } from 'node:net';

/** V8 looks at what a function is given once it has been called about 20 times. */
const CALLS = 64;

let isDone = false;

/**
 * Makes connections a tenth cheaper in this whole process where Node is 20; does nothing with another Node, and the second time.
 *
 * `net.Socket` copies its options with a spread and adds to the copy. V8 11 gives what is added to such a copy a new shape each
 * time, so that some 30 loads and stores of every connection miss its inline caches. Once the options have had an accessor, it
 * copies them in its general way, which has shapes that it finds again (test/bench/README.md, "Figures").
 */
export function avoidNewSocketShapes(): void {
  if (isDone || !process.versions.node.startsWith('20.')) return;
  isDone = true;
  const options = {
    get allowHalfOpen() {
      return true;
    },
  };
  // Sockets without a handle: nothing is opened.
  for (let call = 0; call < CALLS; call++) new Socket(options);
}
