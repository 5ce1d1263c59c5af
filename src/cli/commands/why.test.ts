import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { acceptance, journey, message, queueItem } from '../../store/contract-cases.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

const later = Date.UTC(2100, 0, 2, 3, 4, 5)

const smtp = { code: 250, enhanced: '2.0.0', text: 'Message accepted', atCommand: 'DATA' }
const record = {
  schema: 'waybill.record/1',
  id: '1m8aaaa',
  direction: 'out',
  mode: 'live',
  host: 'mx.north.example',
  startedAt: 0,
  envelope: { ip: '', helo: '', mailFrom: 'anna@north.example', rcptTo: ['bob@south.example'] },
  outcome: { status: 'queued', smtp, because: [] },
  steps: [],
  conversation: [],
  subject: 'out',
  messageId: '',
}

const bounce = `From: MAILER-DAEMON@south.example
To: anna@north.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.south.example

Final-Recipient: rfc822; bob@south.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Over quota

--x--
`

test('waybill why explains one reply, without any data', async (t) => {
  const run = runner(t)
  const { code, out } = await run('why', '--reply', '550-5.1.1 No such 550 5.1.1 user')
  assert.equal(code, 0)
  assert.match(out, /There is no such mailbox\. The sender has to look/)
  assert.match(out, /answer +550 5\.1\.1 No such user \(to RCPT\)/)
  assert.match(out, /rule +enhanced\.1\.1/)
  const greeting = await run(
    'why',
    '--reply',
    '554 Rejected by policy',
    '--to',
    'connect',
    '--json',
  )
  const why = JSON.parse(greeting.out)
  assert.deepEqual(
    [why.schema, why.about, why.recipients[0].reading.scope, why.recipients[0].turn],
    ['waybill.why/1', 'reply', 'ourselves', 'operator'],
  )
  for (const args of [['why'], ['why', '--reply', 'hello'], ['why', 'x', '--reply', '550 no']]) {
    assert.equal((await run(...args)).code, 2, args.join(' '))
  }
})

test('waybill why explains a bounce that lies in a file, and what is none', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const [path, other] = [join(folder, 'bounce.eml'), join(folder, 'letter.eml')]
  writeFileSync(path, bounce)
  writeFileSync(other, 'Subject: hello\r\n\r\nHello\r\n')
  const run = runner(t)
  const { code, out } = await run('why', path)
  assert.equal(code, 0)
  assert.match(out, /^A delivery report of mx\.south\.example, on one recipient\./)
  assert.match(out, /whose turn +the recipient/)
  const none = await run('why', other)
  assert.equal(none.code, 2)
  assert.match(none.messages, /no delivery report/)
})

test('waybill why says of a letter that waits what keeps it, and that no server runs', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  await store.post.accept(
    acceptance({
      message: message('m1', 'Subject: out\r\n\r\nHello\r\n'),
      queue: [queueItem('q1', { journeyId: '1m8aaaa', nextAttemptAt: later })],
      journeys: [journey('1m8aaaa', { direction: 'out', json: JSON.stringify(record) })],
    }),
  )
  await store.queue.hold(['q1'], { reason: 'look at it first' })
  await store.close()
  const run = runner(t)
  const { code, out, messages } = await run('why', '1m8aa', '--data', data, '--json')
  assert.equal(code, 0, messages)
  const why = JSON.parse(out)
  assert.equal(why.id, '1m8aaaa')
  const [told] = why.recipients
  assert.equal(told.turn, 'operator')
  assert.deepEqual(
    told.holds.map(({ by }: { by: string }) => by),
    ['no-server', 'hold', 'schedule'],
  )
  assert.match(told.says, /look at it first/)
  assert.equal((await run('why', 'nothing', '--data', data)).code, 5)
})
