/** How long back the rate looks, so that it follows what the work does now. */
const WINDOW_MS = 15_000;

/**
 * Measures how fast a work goes. It keeps what it is told, so it is asked a few times a second and not more.
 * @returns of a time and how far the work is then: units a second, and the seconds left, if anybody can say
 */
export function rateMeter(
  start: number,
): (time: number, at: { done: number; total?: number | undefined }) => { rate: number; left: number | undefined } {
  const seen = [{ time: start, done: 0 }];
  return (time, { done, total }) => {
    seen.push({ time, done });
    while (seen.length > 2 && time - (seen[1]?.time ?? time) >= WINDOW_MS) seen.shift();
    const first = seen[0] ?? { time, done };
    const rate = time > first.time ? ((done - first.done) * 1000) / (time - first.time) : 0;
    return { rate, left: rate > 0 && total !== undefined ? (total - done) / rate : undefined };
  };
}
