import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { journeyIn, journeysIn, replayAll } from '../app/test-support/replay-all.ts'
import { SmtpTalk } from '../app/test-support/smtp-talk.ts'
import { silent } from '../base/log.ts'
import { parseFault } from '../desk/fault-text.ts'
import { place } from '../post/placing.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { type Catcher, type CatcherOptions, openCatcher } from './catcher.ts'

const free = { smtp: 0, submission: 0, submissions: 0 } as const

function open(folder: string, options: Partial<CatcherOptions> = {}): Promise<Catcher> {
  return openCatcher({
    folder,
    ports: free,
    taken: 'strict',
    faults: [],
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    ...options,
  })
}

/** A catcher in a folder that is removed again. */
async function opened(t: TestContext, faults: readonly string[] = []): Promise<Catcher> {
  const { folder, remove } = testFolder()
  const catcher = await open(folder, { faults: faults.map(parseFault) })
  t.after(async () => {
    await catcher.close()
    remove()
  })
  return catcher
}

const letter = {
  from: 'app@shop.test',
  to: 'you@customer.test',
  message: 'From: Shop <app@shop.test>\nSubject: Your order\n\nThanks.\n',
} as const

/** What was caught, by mailbox. */
async function caught({ store }: Catcher): Promise<readonly (readonly [string, number])[]> {
  const mailboxes = await store.mailboxes.list()
  return mailboxes.map(({ account, messages }) => [account, messages] as const)
}

/** The step of a fault in the newest journey that has one, and how that ended; waits for it. */
async function faultIn(
  { store }: Catcher,
  stage: string,
): Promise<Readonly<Record<string, unknown>>> {
  const changes = store.changes({ only: ['journey'] })
  try {
    for (;;) {
      for (const { view } of await journeysIn(store)) {
        const step = view.steps.find((one) => one.id === 'fault' && one['stage'] === stage)
        if (step !== undefined) return { ...step, status: view.outcome.status }
      }
      await changes.next()
    }
  } finally {
    await changes.return?.()
  }
}

test('every port takes mail for whoever it is for, after any login or none', async (t) => {
  const catcher = await opened(t)
  const { ports } = catcher
  const plain = await SmtpTalk.greeted(ports.smtp)
  assert.equal((await plain.letter(letter)).code, 250)
  await plain.quit()
  const submission = await SmtpTalk.greeted(ports.submission)
  await submission.startTls()
  await submission.say(`AUTH PLAIN ${Buffer.from('\0app\0x').toString('base64')}`, 235)
  assert.equal((await submission.letter({ ...letter, to: 'x@y.test' })).code, 250)
  await submission.quit()
  const tls = await SmtpTalk.greeted(ports.submissions, { tls: true })
  assert.equal((await tls.letter({ ...letter, to: 'postmaster' })).code, 250)
  await tls.quit()
  assert.deepEqual(await caught(catcher), [['caught', 3]])
  assert.equal((await catcher.store.queue.list({ limit: 1 })).length, 0)
})

test('nothing is looked up, and the journey says so and can be replayed', async (t) => {
  const catcher = await opened(t)
  const talk = await SmtpTalk.greeted(catcher.ports.smtp)
  await talk.letter(letter)
  await talk.quit()
  const { view } = await journeyIn(catcher.store, 'last')
  assert.equal(view.mode, 'catch')
  const told = view.steps.map(({ id, verdict }) => `${id} ${verdict}`)
  for (const step of ['spf.mailfrom skipped', 'dkim none', 'dmarc skipped', 'caught skipped']) {
    assert.ok(told.includes(step), `${step} in ${told.join(', ')}`)
  }
  assert.match(
    view.steps.find(({ id }) => id === 'decision')?.answer ?? '',
    /^Inbox: shop\.test is not looked up here/,
  )
  assert.deepEqual(await replayAll(catcher.store), { replayed: 1, nothing: 0 })
})

test('what was caught is there after the next start, and two starts on one folder are one', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const first = await open(folder)
  const talk = await SmtpTalk.greeted(first.ports.smtp)
  await talk.letter(letter)
  await talk.quit()
  await assert.rejects(open(folder), { name: 'WaybillError', code: 'data-in-use' })
  const { smtp } = first.ports
  const { folder: other, remove: removeOther } = testFolder()
  t.after(removeOther)
  const ports = { ...free, smtp }
  await assert.rejects(open(other, { ports }), { name: 'WaybillError', code: 'port-taken' })
  const beside = await open(other, { ports, taken: 'next' })
  assert.notEqual(beside.ports.smtp, smtp)
  await beside.close()
  await first.close()
  const again = await open(folder)
  assert.deepEqual(await caught(again), [['caught', 1]])
  await again.close()
})

test('a folder with mail that waits to be sent is left alone', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  const content = store.contents.newContent('own')
  await content.push(Buffer.from('From: a@b.test\r\n\r\nx\r\n'))
  const { acceptance } = place(
    {
      id: 'a',
      reversePath: 'a@b.test',
      content: await content.finish(),
      prefix: new Uint8Array(0),
      omit: [],
      recipients: [
        {
          address: 'x@y.test',
          to: { type: 'remote', recipient: 'x@y.test', destination: 'y.test' },
          dsn: {},
        },
      ],
      role: 'inbox',
      eightBit: false,
      utf8: false,
    },
    { now: 0, newId: () => 'q', queueMs: 1000 },
  )
  await store.post.accept(acceptance)
  await store.close()
  await assert.rejects(open(folder), /there is mail that waits to be sent/)
})

for (const [stage, command] of [
  ['sender', 'MAIL FROM:<a@b.test>'],
  ['recipient', 'RCPT TO:<x@y.test>'],
] as const) {
  test(`a fault at ${stage} is answered with its code, and told as what it is`, async (t) => {
    const catcher = await opened(t, [`${stage}:452`])
    const talk = await SmtpTalk.greeted(catcher.ports.smtp)
    if (stage === 'recipient') await talk.say('MAIL FROM:<a@b.test>', 250)
    const said = await talk.say(command, 452)
    assert.match(said.text, /^A fault that was set on purpose\. Ref /)
    await talk.say('RSET', 250)
    await talk.quit()
    const step = await faultIn(catcher, stage)
    assert.deepEqual([step['result'], step['probability']], ['452', 100])
    assert.equal(step['status'], 'deferred')
    // As soon as it is taken back, all is well.
    catcher.faults.set([])
    const next = await SmtpTalk.greeted(catcher.ports.smtp)
    assert.equal((await next.letter(letter)).code, 250)
    await next.quit()
    await replayAll(catcher.store)
  })
}

test('a fault at data refuses the whole letter, which is kept beside its journey', async (t) => {
  const catcher = await opened(t, ['data:554'])
  const talk = await SmtpTalk.greeted(catcher.ports.smtp)
  assert.equal((await talk.letter(letter)).code, 554)
  await talk.quit()
  assert.deepEqual(await caught(catcher), [])
  const { view } = await journeyIn(catcher.store, 'last')
  assert.deepEqual([view.outcome.status, view.outcome.because], ['refused', ['fault']])
  await replayAll(catcher.store)
})

test('a fault at the greeting or the login is that of the connection', async (t) => {
  const catcher = await opened(t, ['connect:421'])
  const busy = await SmtpTalk.open(catcher.ports.smtp)
  assert.equal((await busy.read()).code, 421)
  await busy.closed
  assert.equal((await faultIn(catcher, 'connect'))['result'], '421')
  catcher.faults.set([parseFault('auth:535')])
  const talk = await SmtpTalk.greeted(catcher.ports.smtp)
  await talk.say(`AUTH PLAIN ${Buffer.from('\0app\0x').toString('base64')}`, 535)
  await talk.quit()
  assert.equal((await faultIn(catcher, 'auth'))['result'], '535')
})

for (const stage of ['connect', 'sender', 'recipient', 'data'] as const) {
  test(`a connection that is dropped at ${stage} ends without a word`, async (t) => {
    const catcher = await opened(t, [`${stage}:drop`])
    const talk = await SmtpTalk.open(catcher.ports.smtp)
    if (stage !== 'connect') {
      await talk.read()
      talk.write('EHLO a.test\r\n')
      await talk.read()
    }
    talk.write('MAIL FROM:<a@b.test>\r\n')
    if (stage === 'recipient' || stage === 'data') {
      await talk.read()
      talk.write('RCPT TO:<x@y.test>\r\n')
    }
    if (stage === 'data') {
      await talk.read()
      talk.write('DATA\r\n')
      await talk.read()
      talk.write('From: a@b.test\r\n\r\nx\r\n.\r\n')
    }
    await talk.closed
    const step = await faultIn(catcher, stage)
    assert.deepEqual([step['dropped'], step['status']], [true, 'dropped'])
  })
}

test('a fault can let the answer wait, and all goes on', async (t) => {
  const catcher = await opened(t, ['recipient:5ms'])
  const talk = await SmtpTalk.greeted(catcher.ports.smtp)
  assert.equal((await talk.letter(letter)).code, 250)
  await talk.quit()
  const step = await faultIn(catcher, 'recipient')
  assert.deepEqual([step['delay_ms'], step['smtp']], [5, null])
})
