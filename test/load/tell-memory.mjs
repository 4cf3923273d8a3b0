// Goes into the program with Node's `--import`: tells its parent the memory in use when asked. Changes nothing else.

process.on('message', (message) => {
  if (message === 'collect') globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rss, heapUsed });
});
// The listener must not keep a program running that has nothing else to do.
process.channel?.unref();
