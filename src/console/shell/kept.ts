/** What this browser remembers for its reader. Where it may not keep anything, the choice ends with the page. */
export function kept(name: string): string | null {
  try {
    return window.localStorage.getItem(`waybill.${name}`)
  } catch {
    return null
  }
}

export function keep(name: string, value: string): void {
  try {
    window.localStorage.setItem(`waybill.${name}`, value)
  } catch {
    // A private window, or storage that is full: nothing depends on it.
  }
}
