import type { TestContext } from 'node:test'

const waiting = new WeakMap<TestContext, (() => unknown)[]>()

/**
 * Does this when the test is over, whatever came of it. What was opened last is closed first: a
 * server before its folder, a client before its server. The first failure is told in the end.
 */
export function atTheEnd(t: TestContext, close: () => unknown): void {
  const before = waiting.get(t)
  if (before !== undefined) {
    before.push(close)
    return
  }
  const all = [close]
  waiting.set(t, all)
  t.after(async () => {
    const problems: unknown[] = []
    for (const one of all.toReversed()) {
      try {
        await one()
      } catch (problem) {
        problems.push(problem)
      }
    }
    if (problems.length > 0) throw problems[0]
  })
}
