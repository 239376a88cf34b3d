/** How many letters must be changed, added or left out to get from one word to the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The word that is most like another one, for messages about slips. Case does not count. */
export function nearest(word: string, words: readonly string[]): string {
  const to = (other: string) => distance(word.toLowerCase(), other.toLowerCase());
  return words.reduce((best, other) => (to(other) < to(best) ? other : best));
}

/** Whether one word is a slip of the other: two letters apart at most, but not the same. */
export function isNear(word: string, other: string): boolean {
  const apart = distance(word.toLowerCase(), other.toLowerCase());
  return word !== other && apart <= 2;
}
