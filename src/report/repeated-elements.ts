import type { ValueReader } from './reported-value.ts'
import { childrenOf, type XmlElement } from './xml-elements.ts'

/** Tells of elements that stand more often than they may; the first one is what is read. */
export function checkRepeats(
  element: XmlElement | undefined,
  names: readonly string[],
  values: ValueReader,
): void {
  for (const name of names) {
    const count = childrenOf(element, name).length
    if (count < 2) continue
    values.problem('passed-over', name, `${name} stands there ${count} times; one was read.`)
  }
}

/** As many as are read; a problem says when there are more. */
export function atMost(
  list: readonly XmlElement[],
  max: number,
  { name, values }: { readonly name: string; readonly values: ValueReader },
): readonly XmlElement[] {
  if (list.length <= max) return list
  values.problem('too-large', name, `${name} stands there ${list.length} times; ${max} were read.`)
  return list.slice(0, max)
}
