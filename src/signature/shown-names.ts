/** No more of `h=` is shown: no name of a real field is longer (RFC 5322 §2.1.1). */
const maxShownNames = 100
const maxShownName = 77

/** The names of `h=` as a verdict shows them: a hostile list must not fill the record. */
export function shownNames(names: readonly string[]): readonly string[] {
  return names.slice(0, maxShownNames).map((name) => name.slice(0, maxShownName))
}
