/** A list that the server tells whole, and what it says beside it. */
export interface Listed<Item> {
  readonly data: readonly Item[]
  /** Why there is nothing, or why nothing can be changed. */
  readonly note: string
}

/** Where something stands. */
export interface Placed {
  readonly from: string
  readonly site: string
}

/** Where something stands, and can be changed, in words. */
export function originOf({ from, site }: Placed): string {
  const words = new Map([
    ['settings', 'settings file'],
    ['store', 'added while running'],
    ['lab', 'the lab'],
  ])
  const word = words.get(from) ?? from
  return site === '' ? word : `${word}, ${site}`
}
