/** The chips above the list: each writes or takes away one word of the query, and nothing else. */
export interface Chip {
  readonly name: string
  /** The word's key: a query has one word of each. */
  readonly key: string
  /** What stands behind it; empty: any. */
  readonly value: string
}

export const statusChips: readonly Chip[] = [
  { name: 'Any outcome', key: 'status', value: '' },
  { name: 'Delivered', key: 'status', value: 'delivered' },
  { name: 'Refused', key: 'status', value: 'refused' },
  { name: 'Junk', key: 'status', value: 'quarantined' },
  { name: 'Waiting', key: 'status', value: 'deferred' },
  { name: 'Failed', key: 'status', value: 'failed' },
]

export const checkChips: readonly Chip[] = [
  { name: 'SPF fail', key: 'spf', value: 'fail' },
  { name: 'DKIM fail', key: 'dkim', value: 'fail' },
  { name: 'DMARC fail', key: 'dmarc', value: 'fail' },
]

const words = (query: string): readonly string[] => query.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []

/** Whether a query says what a chip says; the chip of any: whether it says nothing of its kind. */
export function isChosen(query: string, { key, value }: Chip): boolean {
  if (value === '') return !words(query).some((one) => one.startsWith(`${key}:`))
  return words(query).includes(`${key}:${value}`)
}

/** The query with a chip's word in place of any other of its kind; chosen once more, without. */
export function chosen(query: string, chip: Chip): string {
  const others = words(query).filter((one) => !one.startsWith(`${chip.key}:`))
  const leaves = chip.value === '' || isChosen(query, chip)
  return [...others, ...(leaves ? [] : [`${chip.key}:${chip.value}`])].join(' ')
}
