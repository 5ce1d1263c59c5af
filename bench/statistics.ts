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
