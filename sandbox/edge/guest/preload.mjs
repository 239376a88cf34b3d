// Runs first in every Node process of the sandbox: shifts `Date` by the sandbox's clock (timers keep real time, and so
// does everything inside Node itself), and on machines and in apps lets `node:dns` answer from their network. Plain
// JavaScript, because the process may be any version of Node.
import { existsSync, openSync, readSync } from 'node:fs';
import { answerNames } from './names.mjs';

const file = process.env.SANDBOX_CLOCK_FILE;
// No file: the environment outlived its sandbox (a shell that exported it). Real time is right then.
if (file && existsSync(file)) shiftDate(openSync(file, 'r'));
if (process.env.SANDBOX_RESOLVER) answerNames(process.env.SANDBOX_RESOLVER);

/** @param {number} descriptor of a file that begins with the offset in milliseconds as a little-endian double */
function shiftDate(descriptor) {
  const RealDate = Date;
  const realNow = RealDate.now;
  const bytes = Buffer.alloc(8);
  let offset = 0;
  let readAt = -Infinity;

  const now = () => {
    // The file is looked at once in a millisecond at most: a read costs thirty times what asking the time does.
    const tick = performance.now();
    if (tick - readAt >= 1) {
      readAt = tick;
      if (readSync(descriptor, bytes, 0, 8, 0) === 8) offset = bytes.readDoubleLE(0);
    }
    return realNow() + offset;
  };

  const Shifted = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
  });
  RealDate.now = now;
  RealDate.prototype.constructor = Shifted;
  globalThis.Date = Shifted;
}
