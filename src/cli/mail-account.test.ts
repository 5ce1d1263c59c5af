import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { acceptance, mailboxItem, message } from '../store/contract-cases.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { Stores } from './data.ts'
import { findAccount } from './mail-account.ts'

const settings = `
hostname = "mx.south.example"
domains = ["south.example"]
[[account]]
address = "anna@south.example"
aliases = ["postmaster@south.example"]
[[account]]
address = "Carl@south.example"
[[alias]]
address = "all@south.example"
to = ["anna@south.example", "Carl@south.example"]
`

test('an address that is no account here is told where it leads, as the settings have it', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const config = join(folder, 'waybill.toml')
  writeFileSync(config, settings)
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  const mailbox = [mailboxItem({ messageId: 'm', account: 'anna@south.example' })]
  await store.post.accept(acceptance({ message: message('m', 'x'), mailbox }))
  await store.close()
  const stores = new Stores(data)
  t.after(() => stores.close())
  assert.equal(await findAccount(stores, 'ANNA@south.example', config), 'anna@south.example')
  const table: readonly (readonly [asked: string, hint: string])[] = [
    ['postmaster@south.example', 'Its mail goes to anna@south.example.'],
    [
      'all@south.example',
      'Its mail goes to anna@south.example, Carl@south.example: name one of them.',
    ],
    ['carl@south.example', 'It is an account, and has no mail yet.'],
    ['ana@south.example', 'Did you mean "anna@south.example"?'],
    ['anna@north.example', 'Did you mean "anna@south.example"?'],
  ]
  for (const [asked, hint] of table) {
    const message = `No message was ever filed for an account "${asked}".`
    const told = { code: 'not-found', message, hint }
    await assert.rejects(findAccount(stores, asked, config), told)
  }
  const nobody = findAccount(stores, 'postmaster@south.example')
  await assert.rejects(nobody, { code: 'not-found' })
})
