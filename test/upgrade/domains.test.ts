import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { ensureKeys } from '../../src/directory/signing-keys.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { testFolder } from '../../src/store/test-folder.ts'

const old = join(import.meta.dirname, '..', 'fixtures', '0.1.0', 'north', 'waybill.db.gz')

test('keys and mail that 0.1.0 kept under a domain as it was written are found', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  mkdirSync(join(folder, 'content'), { recursive: true })
  const file = join(folder, 'waybill.db')
  writeFileSync(file, gunzipSync(readFileSync(old)))
  const database = new DatabaseSync(file)
  database.exec("DELETE FROM dkim_key WHERE domain <> 'north.example'")
  database.exec(`
    INSERT INTO dkim_key SELECT 'NORTH.Example.', 'x' || selector, algorithm, private_key, 1, 1
      FROM dkim_key WHERE domain = 'north.example';
    INSERT INTO dkim_key SELECT 'bücher.example', selector, algorithm, private_key, 1, 1
      FROM dkim_key WHERE domain = 'north.example';
    INSERT INTO mailbox_item (account, mailbox, message, journey_id, received_ms)
      SELECT 'Ann.Other@South.EXAMPLE.', 'Inbox', min(key), 'x', 0 FROM message;
  `)
  database.close()
  const store = await openSqliteStore({ folder })
  try {
    const selectors = async (domain: string): Promise<readonly string[]> => {
      return (await store.keys.list(domain)).map(({ selector }) => selector)
    }
    const own = (await selectors('north.example')).filter((one) => !one.startsWith('x'))
    assert.ok(own.length > 0)
    assert.deepEqual((await selectors('north.example')).length, 2 * own.length)
    assert.deepEqual(await selectors('NORTH.Example.'), [])
    const made = await ensureKeys(store, ['xn--bcher-kva.example'], { selector: 'new', now: 2 })
    assert.deepEqual(
      made.map(({ domain, selector }) => [domain, selector]),
      own.map((selector) => ['xn--bcher-kva.example', selector]),
    )
    assert.deepEqual(await selectors('xn--bcher-kva.example'), own)
    const mail = await store.mailboxes.items({ account: 'Ann.Other@south.example' })
    assert.equal(mail.length, 1)
  } finally {
    await store.close()
  }
})
