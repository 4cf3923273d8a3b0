// Loaded ahead of the program: moves its wall clock by as many milliseconds as a message says, and leaves the monotonic one alone.
let shift = 0;
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift);
    else super(...args);
  }

  static now() {
    return RealDate.now() + shift;
  }
};

process.on('message', (ms) => {
  shift = ms;
  process.send(ms);
});
process.channel?.unref();
