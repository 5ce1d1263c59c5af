import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Ran } from './runner.test-support.ts'

/** Runs command lines for one test, all in one process, which ends with the test. */
export function runner(t: TestContext): (...args: string[]) => Promise<Ran> {
  const child = fork(join(import.meta.dirname, 'runner.test-support.ts'))
  t.after(() => child.kill())
  return async (...args) => {
    child.send(args)
    // What `Ran` of that file says.
    const [ran] = (await once(child, 'message')) as [Ran]
    return ran
  }
}
