import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { appCode } from '../../io/test-support/totp-app.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

test('a second factor is set up with an app, shown without its secret, and taken away', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const config = join(folder, 'waybill.toml')
  const lines = [
    'hostname = "mx.south.example"',
    'domains = ["south.example"]',
    `data = ${JSON.stringify(join(folder, 'data'))}`,
  ]
  writeFileSync(config, lines.join('\n'))
  const run = runner(t)
  const totp = (...args: string[]) => run('totp', ...args, '--config', config)

  assert.match((await totp('list')).messages, /Nobody has a second factor yet/)
  const added = await totp('add')
  assert.equal(added.code, 0)
  const secret = /^secret {3}([A-Z2-7]{32})$/m.exec(added.out)?.[1] ?? ''
  assert.match(
    added.out,
    new RegExp(
      `^address {2}otpauth://totp/Waybill%20mx\\.south\\.example:operator\\?secret=${secret}&`,
      'm',
    ),
  )
  assert.match(added.messages, /waybill totp confirm CODE --config/)
  const begun = await totp('list')
  assert.match(begun.out, /^operator {2}begun/)

  const wrong = await totp('confirm', 'no')
  assert.equal(wrong.code, 2)
  assert.match(wrong.messages, /not the code of this moment/)
  const confirmed = await totp('confirm', appCode(secret))
  assert.equal(confirmed.code, 0, confirmed.messages)
  assert.match(confirmed.out, /^(?:[2-9a-z]{5}-[2-9a-z]{5}\n){8}$/)
  assert.match(
    (await totp('list')).out,
    /^operator {2}since \d{4}-\d\d-\d\d, 8 recovery codes left\n$/,
  )

  assert.equal((await totp('add', '--account', 'ann@south.example')).code, 2)
  const gone = await totp('remove')
  assert.deepEqual([gone.code, gone.out], [0, 'operator logs in without a code from now on.\n'])
  assert.equal((await totp('remove')).code, 5)
  assert.doesNotMatch(
    (await run('audit', '--json', '--data', join(folder, 'data'))).out,
    new RegExp(secret),
  )
})
