import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { acceptance, journey, mailboxItem, message } from '../../store/contract-cases.ts'
import { openReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

const ann = 'ann@south.example'
const eve = 'eve@south.example'

/** A folder with three messages, the first of them for two people. */
async function filled(t: TestContext): Promise<string> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  const file = async (messageId: string, ...accounts: string[]): Promise<void> => {
    const mailbox = accounts.map((account) => mailboxItem({ account, messageId }))
    const journeys = [journey(messageId, { messageId })]
    await store.post.accept(
      acceptance({ message: message(messageId, messageId), mailbox, journeys }),
    )
  }
  await file('1m8aaaa', ann, eve)
  await file('1m8bbbb', ann)
  await file('1m8cccc', eve)
  await store.close()
  return data
}

async function left(data: string): Promise<readonly string[]> {
  const reader = openReadOnlyStore({ folder: data })
  const rows = await reader.mailboxes.items({})
  reader.close()
  return rows.map(({ account, messageId }) => `${messageId} ${account}`).toSorted()
}

test('messages are deleted by their ids, everywhere or in one account, and that is told', async (t) => {
  const data = await filled(t)
  const run = runner(t)
  const where = ['--data', data, '--yes']
  const one = await run('mail', 'delete', '1m8aaaa', '--account', 'ANN@south.example', ...where)
  assert.deepEqual([one.code, one.out], [0, '1 message is deleted.\n'])
  assert.deepEqual(await left(data), [`1m8aaaa ${eve}`, `1m8bbbb ${ann}`, `1m8cccc ${eve}`])
  const json = await run('mail', 'delete', 'aaaa', 'bbbb', ...where, '--json', '--why', 'asked')
  assert.deepEqual([json.code, json.out], [0, '{"deleted":2}\n'])
  const all = await run('mail', 'delete', '--all', '--account', eve, ...where)
  assert.deepEqual([all.code, all.out, await left(data)], [0, '1 message is deleted.\n', []])
  const audit = await run('audit', '--data', data)
  assert.match(
    audit.out,
    /mail delete .*accounts=.* messages=2 ids=1m8(?:aaaa,1m8bbbb|bbbb,1m8aaaa), "asked"\n/,
  )
  const shown = await run('list', '--data', data, '--json')
  assert.equal(shown.out.trim().split('\n').length, 3, 'the journeys stay')
})

test('which messages must be said, and that it is meant', async (t) => {
  const data = await filled(t)
  const run = runner(t)
  for (const args of [[], ['--all'], ['1m8aaaa', '--all', '--account', ann]]) {
    const ran = await run('mail', 'delete', ...args, '--data', data, '--yes')
    assert.equal(ran.code, 2, args.join(' '))
    assert.match(ran.messages, /It must be said which messages are meant\./)
  }
  const unsure = await run('mail', 'delete', '1m8aaaa', '--data', data)
  assert.equal(unsure.code, 2)
  assert.match(
    unsure.messages,
    /Delete 2 messages of .*\? It cannot be taken back\. Nobody is here/,
  )
  const none = await run('mail', 'delete', '1m8zzzz', '--data', data, '--yes')
  assert.equal(none.code, 5)
  assert.equal((await left(data)).length, 4)
})
