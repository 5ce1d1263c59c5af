/** The candidate that `word` was most likely meant to be, for "did you mean …?". */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  // An abbreviation is meant as what it begins: "cert" for "certificate".
  const short = word.length > 2 && word.length <= 64
  const begun = candidates.filter((one) => short && one.startsWith(word.toLowerCase()))
  if (begun.length === 1) return begun[0]
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Levenshtein's distance; words longer than 64 characters are as far as they are long. */
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Math.max(a.length, b.length)
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
