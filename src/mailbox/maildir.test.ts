import { test } from 'node:test'
import assert from 'node:assert/strict'
import { maildirFolder, maildirPlace } from './maildir.ts'

const message = { receivedAt: 1_795_454_947_042, unique: '01jd7q4m', host: 'mx.south.example' }

test('a message that nobody has seen goes to new', () => {
  assert.deepEqual(maildirPlace({ ...message, size: 5120 }), {
    folder: 'new',
    name: '1795454947.M04201jd7q4m.mx.south.example,W=5120',
  })
})

test('one that was seen goes to cur, its flags in the order of the alphabet', () => {
  assert.deepEqual(
    maildirPlace({ ...message, flags: { seen: true, flagged: true, replied: true } }),
    {
      folder: 'cur',
      name: '1795454947.M04201jd7q4m.mx.south.example:2,FRS',
    },
  )
  assert.equal(maildirPlace({ ...message, flags: { seen: false } }).folder, 'new')
})

test('no name leads out of its folder', () => {
  const { name } = maildirPlace({ ...message, unique: '../../x', host: 'a/b:c\0\n..' })
  assert.equal(name, '1795454947.M042______x.a\\057b\\072c__..')
  assert.doesNotMatch(name, /[/\0\n]/)
})

const folders: readonly (readonly [string, string])[] = [
  ['Inbox', ''],
  ['INBOX', ''],
  ['Junk', '.Junk'],
  ['Sent Mail', '.Sent Mail'],
  ['Entwürfe', '.Entwürfe'],
  ['../../etc', '.______etc'],
  ['a.b/c', '.a_b_c'],
  ['', '._'],
  ['x\0\r\ny', '.x___y'],
]
for (const [mailbox, folder] of folders) {
  test(`the mailbox ${JSON.stringify(mailbox)} is the folder ${JSON.stringify(folder)}`, () => {
    assert.equal(maildirFolder(mailbox), folder)
  })
}
