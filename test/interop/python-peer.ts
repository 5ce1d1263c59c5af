import assert from 'node:assert/strict'
import { join } from 'node:path'
import { python } from './peers.ts'
import { run } from './processes.ts'

/** Runs one of the scripts in `python/` over jobs, JSON lines in and out, in order. */
export async function askPython(
  script: string,
  jobs: readonly unknown[],
): Promise<readonly unknown[]> {
  const input = jobs.map((job) => `${JSON.stringify(job)}\n`).join('')
  const done = await run(python, [join(import.meta.dirname, 'python', script)], { input })
  assert.equal(done.code, 0, done.stderr)
  const answers = done.stdout.split('\n').filter((line) => line !== '')
  assert.equal(answers.length, jobs.length, done.stderr)
  return answers.map((line): unknown => JSON.parse(line))
}

/** A field of an answer. */
export function part(answer: unknown, name: string): unknown {
  assert.ok(typeof answer === 'object' && answer !== null, `not an object: ${String(answer)}`)
  return Reflect.get(answer, name)
}
