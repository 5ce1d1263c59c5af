/**
 * Accents and points that may be left out: those of many scripts alike (Unicode calls them inherited)
 * but the voicing of kana, and the vowels of Hebrew and Arabic. In scripts such as Devanagari or Thai
 * marks are letters like others.
 */
const accents =
  /[[[\p{sc=Inherited}\p{Cf}]--[\u3099\u309a]][\p{M}&&[\p{sc=Hebrew}\p{sc=Arabic}]]]+/gv

/** Of scripts that are written without spaces each character is a word: a part of a run is found. */
const word =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー]\p{M}*|[[\p{L}\p{N}\p{M}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー]]+/gv

/**
 * The words of a text as they are looked for: letters and digits of any script, without case (full
 * case folding, Unicode §3.13) and accents, and without what nobody sees (soft hyphens, zero-width and
 * bidi characters). All else parts words. The index and the direct search have their words from here,
 * so they cannot disagree.
 */
export function wordsOf(text: string): readonly string[] {
  const folded = text
    .normalize('NFKD')
    .replace(accents, '')
    // Both ways: ß is ss then, and a sigma at the end is one as any.
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
  return folded.match(word) ?? []
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
