import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { confirm } from './confirm.ts'

/** A terminal at which this is typed. */
function terminal(typed: string): PassThrough & { isTTY: boolean } {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  input.end(typed)
  return input
}

test('only a yes is one', async () => {
  for (const typed of ['y\n', 'Yes\n', ' y \nno\n']) {
    await confirm('Sure?', { input: terminal(typed) })
  }
  for (const typed of ['\n', 'n\n', 'yess\n', '', 'no\ny\n']) {
    await assert.rejects(confirm('Sure?', { input: terminal(typed) }), /Nothing was done\./, typed)
  }
})

test('who said it before is not asked, and where nobody is nothing is done', async () => {
  await confirm('Sure?', { yes: true, input: terminal('n\n') })
  const nobody = Object.assign(new PassThrough(), { isTTY: false })
  await assert.rejects(confirm('Sure?', { input: nobody }), /Sure\? Nobody is here to be asked\./)
})
