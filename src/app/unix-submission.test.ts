import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readForwardPath, readReversePath } from '../address/path.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { readHeldAccounts, accountWords } from '../desk/hold-rules.ts'
import { openSender } from './test-support/sender.ts'
import { unixSender, unixSubmission } from './unix-submission.ts'

test('a user of the machine is one sender, whoever called in their name', () => {
  for (const [who, sender] of [
    ['www-data', 'user www-data'],
    ['root (sudo by ann)', 'user root'],
    ['user 1000', 'user 1000'],
  ] as const) {
    assert.equal(unixSender(who), sender)
  }
  assert.equal(unixSender('x'.repeat(1000)).length, 105)
})

test('its letters are found, held and counted under that name', async (t) => {
  const { south } = await openSender(t)
  const { rules } = south.site.letters
  const words = accountWords('user www-data')
  await rules.add({ id: 'r1', words }, { by: 'ann', door: 'command line', why: 'a loop' })
  const submit = unixSubmission(south.site.door)
  const [from, to] = [readReversePath('<me@south.example>'), readForwardPath('<x@north.example>')]
  assert.ok(from.ok && to.ok)
  const octets = encodeUtf8('From: me@south.example\r\nSubject: x\r\n\r\nHello\r\n')
  const dsn = { notify: null, ret: null, envid: null }
  const letter = { from: from.value, to: [to.value], octets, dsn }
  assert.equal((await submit(letter, 'www-data')).type, 'taken')
  const [item] = await south.when(async () => {
    const filter = { account: 'user www-data', held: true }
    const found = await south.store.queue.list({ filter, limit: 1 })
    return found.length > 0 ? found : undefined
  })
  assert.equal(item?.account, 'user www-data')
  const [held] = await readHeldAccounts(south.store.register, south.clock.now())
  assert.equal(held?.account, 'user www-data')
})
