/**
 * Words as lines of at most so many columns; a word that is longer has a line of its own. Pure.
 * @param between what stands between two words; at the end of a line without its spaces
 * @param indent what every line begins with
 */
export function wrapped(words: readonly string[], between: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + between.length + word.length <= width) {
      lines[lines.length - 1] = last + between + word;
      continue;
    }
    if (last !== undefined) lines[lines.length - 1] = last + between.trimEnd();
    lines.push(indent + word);
  }
  return lines;
}
