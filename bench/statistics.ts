/** The middle value; of an even number, the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** `5.31 (5.02 to 5.66)`: the median with the lowest and the highest. */
export function spread(values: readonly number[], digits: number): string {
  const shown = [median(values), Math.min(...values), Math.max(...values)]
  const [middle, lowest, highest] = shown.map((value) => value.toFixed(digits))
  return `${middle} (${lowest} to ${highest})`
}

/** The mean, and the range in which 95% of such means would be: `0.93 (0.91 to 0.95)`. */
export function likelyMean(values: readonly number[]): string {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0)
  const error = Math.sqrt(squares / (values.length - 1) / values.length)
  const [low, high] = [mean - 1.96 * error, mean + 1.96 * error]
  return `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
}
