import assert from 'node:assert/strict'

/**
 * Does the work, and says no when it took more of the processor than `ms`: far above what is needed,
 * far below what growth by the square would take. What other programs do meanwhile does not count, as
 * it would by the clock on the wall.
 */
export async function withinCpu<T>(ms: number, name: string, work: () => T): Promise<Awaited<T>> {
  const begun = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(begun)
  const spent = (user + system) / 1000
  assert.ok(spent < ms, `${name} took ${Math.round(spent)} ms of the processor`)
  return result
}
