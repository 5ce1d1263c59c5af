/** What peers live as long as: a test's context, or other work that has an end. */
export interface Lifetime {
  /** Has this done at the end; the end waits for it. */
  after(close: () => unknown): void
}

const waiting = new WeakMap<Lifetime, (() => unknown)[]>()

/**
 * Does this when the test is over, whatever came of it. What was opened last is closed first: a
 * server before its folder, a client before its server. The first failure is told in the end.
 */
export function atTheEnd(t: Lifetime, close: () => unknown): void {
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
