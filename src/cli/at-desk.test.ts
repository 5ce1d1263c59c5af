import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import type { Asked } from '../control/ask.ts'
import { byWhoHasIt } from './at-desk.ts'

const inUse = new WaybillError('data-in-use', 'It is in use.')

/** What was done, where the folder is opened and the server is asked with these results in turn. */
async function run(
  opens: readonly ('free' | WaybillError)[],
  answers: readonly Asked[],
): Promise<{ readonly value: unknown; readonly did: readonly string[] }> {
  const clock = new ManualClock()
  const did: string[] = []
  const store = {
    close() {
      did.push('closed')
      return Promise.resolve()
    },
  }
  let [opened, asked] = [0, 0]
  const working = byWhoHasIt({
    clock,
    folder: '/data',
    open() {
      const result = opens[Math.min(opened++, opens.length - 1)]
      did.push('opened')
      return result === 'free' ? Promise.resolve(store) : Promise.reject(result ?? inUse)
    },
    here() {
      did.push('here')
      return Promise.resolve('done here')
    },
    ask() {
      did.push('asked')
      return Promise.resolve(answers[Math.min(asked++, answers.length - 1)] ?? absent)
    },
  })
  let over = false
  const ended = working.finally(() => (over = true)).catch(() => undefined)
  while (!over) {
    await new Promise(setImmediate)
    clock.advance(50)
  }
  await ended
  return { value: await working, did }
}

const absent: Asked = { type: 'absent', why: 'no-socket' }

test('where no server runs the command does it, and closes the store', async () => {
  const { value, did } = await run(['free'], [])
  assert.deepEqual([value, did], ['done here', ['opened', 'here', 'closed']])
})

test('where one runs it is asked', async () => {
  const { value, did } = await run([inUse], [{ type: 'answered', value: 7 }])
  assert.deepEqual([value, did], [7, ['opened', 'asked']])
})

test('another command, or a server that starts or ends, is waited for', async () => {
  const free = await run([inUse, inUse, 'free'], [absent])
  assert.deepEqual(free.did, ['opened', 'asked', 'opened', 'asked', 'opened', 'here', 'closed'])
  const started = await run([inUse], [absent, absent, { type: 'answered', value: 1 }])
  assert.equal(started.value, 1)
})

test('whoever has the folder and cannot be asked is named in the end', async () => {
  await assert.rejects(
    run([inUse], [absent]),
    (problem) =>
      problem instanceof WaybillError &&
      problem.code === 'data-in-use' &&
      /The process that has \/data has no control socket/.test(problem.message) &&
      /Is it a server of this version\?/.test(problem.hint ?? ''),
  )
  await assert.rejects(
    run([inUse], [{ type: 'absent', why: 'nobody-listens' }]),
    /does not listen at its control socket/,
  )
})

test('any other trouble with the folder is told at once', async () => {
  const broken = new WaybillError('store-broken', 'The disk failed.')
  await assert.rejects(run([broken], []), broken)
})
