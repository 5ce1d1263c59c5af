import { parentPort, type Transferable } from 'node:worker_threads'
import { problemOf } from '../base/error-data.ts'
import type { NumberedAnswer, NumberedTask } from './work-thread.ts'

/** What a task gave, and what of it is handed over instead of copied. */
export interface Done<Answer> {
  readonly answer: Answer
  readonly given?: readonly Transferable[]
}

/** The other side of a `WorkThread`: does the tasks in the order in which they come. */
export function doTasks<Task, Answer>(
  work: (task: Task) => Done<Answer> | Promise<Done<Answer>>,
): void {
  let last: Promise<void> = Promise.resolve()
  const one = async ({ number, task }: NumberedTask<Task>): Promise<void> => {
    try {
      const { answer, given = [] } = await work(task)
      say({ number, ok: true, answer }, given)
    } catch (error) {
      say({ number, ok: false, problem: problemOf(error) }, [])
    }
  }
  parentPort?.on('message', (numbered: NumberedTask<Task>) => {
    last = last.then(() => one(numbered))
  })
}

function say<Answer>(said: NumberedAnswer<Answer>, given: readonly Transferable[]): void {
  parentPort?.postMessage(said, [...given])
}
