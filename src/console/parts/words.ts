/** Words between spaces and commas. */
export function wordsIn(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}
