/** What became of one report in a file. */
export interface Kept {
  readonly result: 'imported' | 'known' | 'unreadable'
  readonly kind?: string
  readonly partial?: true
}

/** What came of the files, in the words of the terminal. */
export function importedText(kept: readonly Kept[], failed: number): string {
  const number = (result: Kept['result']): number => {
    return kept.filter((one) => one.result === result).length
  }
  const partial = kept.filter((one) => one.partial === true).length
  const unreadable = number('unreadable') + failed
  const parts = [
    `${number('imported')} imported`,
    number('known') > 0 ? `${number('known')} here already` : '',
    partial > 0 ? `${partial} read in part` : '',
    unreadable > 0 ? `${unreadable} not readable` : '',
  ]
  return `${parts.filter((one) => one !== '').join(', ')}.`
}

/** Where reports are shown that were read here and are of another kind. */
export function placeOf(kept: readonly Kept[], here: string): string | undefined {
  const places = kept.flatMap(({ kind }) =>
    kind === undefined ? [] : [kind === 'tls' ? 'tls' : 'dmarc'],
  )
  return places.find((one) => one !== here)
}
