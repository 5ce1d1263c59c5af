/**
 * The words of a text as they are looked for: letters and digits of any script, in lower case,
 * without accents, and without what nobody sees (soft hyphens, zero-width and bidi characters). All
 * else parts words. The index and the direct search have their words from here, so they cannot
 * disagree.
 */
export function wordsOf(text: string): readonly string[] {
  const folded = text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]+/gu, '')
    .toLowerCase()
  return folded.match(/[\p{L}\p{N}]+/gu) ?? []
}

/** Words one behind the other, as `hasPhrase` and the index take them. */
export function wordLine(text: string): string {
  return wordsOf(text).join(' ')
}

/** Whether these words stand behind each other in a line of words; the last may be a beginning. */
export function hasPhrase(
  line: string,
  { words, whole }: { readonly words: readonly string[]; readonly whole: boolean },
): boolean {
  return ` ${line} `.includes(` ${words.join(' ')}${whole ? ' ' : ''}`)
}
