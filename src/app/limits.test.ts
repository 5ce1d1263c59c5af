import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Resident } from '../directory/address-table.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { testsOf } from './test-support/both-ways.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite } from './test-support/test-site.ts'
import { northZone, password, receiver, strangerIp } from './test-support/south.ts'
import { writtenJourney } from './test-support/written-journey.ts'

const test = testsOf('limits')

const zone = { ...northZone, '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] } }
const letter = {
  from: 'sender@north.example',
  to: receiver,
  message: 'From: sender@north.example\nSubject: x\n\nHello\n',
}

function limitsTold({ logged }: TestSite): readonly unknown[] {
  return logged.flatMap(({ event, fields }) => (event === 'limit' ? [fields] : []))
}

async function guess(south: TestSite, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
    await talk.login(receiver, `wrong ${n}`, 535)
    talk.destroy()
  }
}

test('an address that has its connections hears 421, and the log says why; letters are not counted', async (t) => {
  const south = await openTestSite(t, { zone, clients: { connectionsPerAddress: 3 } })
  const inside = await Promise.all(
    Array.from({ length: 3 }, () => SmtpTalk.greeted(south.ports.smtp)),
  )
  const late = await SmtpTalk.open(south.ports.smtp)
  const said = await late.read(421)
  assert.deepEqual(
    [said.enhanced, said.text],
    ['4.3.2', 'mx.south.example is busy, try again soon'],
  )
  await late.closed
  assert.deepEqual(limitsTold(south), [
    { limit: 'limits.connections_per_address', client: strangerIp, listener: 'smtp' },
  ])
  for (let n = 0; n < 5; n++) {
    for (const talk of inside) assert.equal((await talk.letter(letter)).code, 250)
  }
  // Users come from elsewhere, and are counted there.
  await (await SmtpTalk.greeted(south.ports.submission)).quit()
  for (const talk of inside) await talk.quit()
})

test('after enough wrong passwords a new session hears 421 and an open one 454; elsewhere the right one is right', async (t) => {
  const south = await openTestSite(t, { zone, clients: { wrongPasswords: 3 } })
  const open = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await guess(south, 3)
  const within = await open.login(receiver, password, 454)
  assert.equal(within.enhanced, '4.7.0')
  assert.match(within.text, /^Too many wrong passwords from your network; try again later\. Ref /)
  const talk = await SmtpTalk.open(south.ports.submissions, { tls: true })
  const said = await talk.read(421)
  assert.equal(said.enhanced, '4.7.0')
  await talk.closed
  const plain = await SmtpTalk.open(south.ports.submission)
  await plain.read(421)
  await plain.closed
  const address = { limit: 'limits.wrong_passwords', client: '127.0.0.1' }
  assert.deepEqual(limitsTold(south), [
    { ...address, account: receiver },
    { ...address, listener: 'submissions' },
    { ...address, listener: 'submission' },
  ])
  const { record, view } = await writtenJourney(south, said)
  const step = record.steps.find(({ type }) => type === 'limit')
  assert.ok(step?.type === 'limit')
  assert.deepEqual(
    [step.limit, step.of, step.answer.code],
    ['limits.wrong_passwords', 'address', 421],
  )
  assert.match(
    view.steps.find(({ id }) => id === 'limit')?.answer ?? '',
    /has met limits\.wrong_passwords/,
  )
  // Mail from there is another matter.
  const mail = await SmtpTalk.greeted(south.ports.smtp)
  assert.equal((await mail.letter(letter)).code, 250)
  mail.destroy()
  open.destroy()
})

test('twenty right logins at once from one address all succeed', async (t) => {
  const south = await openTestSite(t, {
    clients: { connectionsPerAddress: 50, wrongPasswords: 20 },
  })
  await guess(south, 2)
  const talks = await Promise.all(
    Array.from({ length: 20 }, () => SmtpTalk.greeted(south.ports.submissions, { tls: true })),
  )
  const said = await Promise.all(talks.map((talk) => talk.login(receiver, password)))
  assert.deepEqual(new Set(said.map(({ code }) => code)), new Set([235]))
  for (const talk of talks) talk.destroy()
})

test('an account has its places, and a connection that ends gives its own back', async (t) => {
  const south = await openTestSite(t, { clients: { connectionsPerAccount: 2 } })
  const open = (): Promise<SmtpTalk> => SmtpTalk.greeted(south.ports.submissions, { tls: true })
  const [one, two, three] = [await open(), await open(), await open()]
  await one.login(receiver, password, 235)
  // However it is written it is the same account.
  await two.login('Receiver@SOUTH.example', password, 235)
  const said = await three.login(receiver, password, 454)
  assert.match(said.text, /^Too many connections of this account; close some first\. Ref /)
  await three.login('other@south.example', password, 235)
  assert.deepEqual(limitsTold(south), [
    { limit: 'limits.connections_per_account', client: '127.0.0.1', account: receiver },
  ])
  for (const talk of [one, three]) await talk.quit()
  const { record, view } = await writtenJourney(south, said)
  assert.ok(record.steps.some(({ type }) => type === 'limit'))
  assert.match(JSON.stringify(view.steps), /Yes: its account has met/)
  const again = await open()
  await again.login(receiver, password, 235)
  for (const talk of [two, again]) talk.destroy()
})

test('refused recipients count across connections, and those of users do not', async (t) => {
  const south = await openTestSite(t, { zone, clients: { refusedRecipients: 4 } })
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  await user.say(`MAIL FROM:<${receiver}>`, 250)
  for (let n = 0; n < 6; n++) await user.say(`RCPT TO:<nobody${n}@south.example>`, 550)
  await user.quit()
  for (let n = 0; n < 3; n++) {
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    await talk.say('MAIL FROM:<sender@north.example>', 250)
    await talk.say(`RCPT TO:<nobody${n}@south.example>`, 550)
    await talk.quit()
  }
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  await talk.say(`RCPT TO:<${receiver}>`, 250)
  const last = await talk.say('RCPT TO:<someone@elsewhere.example>', 421)
  assert.match(last.text, /^Too much was refused from your network; try again later\. Ref /)
  await talk.closed
  const next = await SmtpTalk.open(south.ports.smtp)
  await next.read(421)
  await next.closed
  assert.deepEqual(
    limitsTold(south),
    [1, 2].map(() => ({
      limit: 'limits.refused_recipients',
      client: strangerIp,
      listener: 'smtp',
    })),
  )
  const { record } = await writtenJourney(south, last)
  assert.equal(record.outcome.status, 'deferred')
  assert.ok(record.steps.some(({ type }) => type === 'limit'))
})

test('a wrong password for an account that only receives is like any other', async (t) => {
  const accounts: readonly Resident[] = [
    { address: receiver, aliases: [], passwordHash: undefined },
  ]
  const south = await openTestSite(t, { accounts, clients: { wrongPasswords: 2 } })
  await guess(south, 2)
  const talk = await SmtpTalk.open(south.ports.submission)
  await talk.read(421)
  await talk.closed
})

test('a header field that would keep all others waiting is refused, whatever port it comes to', async (t) => {
  const south = await openTestSite(t, { zone })
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  const stranger = await SmtpTalk.greeted(south.ports.smtp)
  const addresses = (count: number): string => {
    return Array.from({ length: count }, (_, n) => `a${n}@b.example`).join(',\n ')
  }
  const table: readonly (readonly [string, string | undefined])[] = [
    [`From: sender@north.example,\n ${addresses(900)}\n`, undefined],
    [`From: sender@north.example,\n ${addresses(1200)}\n`, 'from is longer than 16 KiB'],
    [`From: a@b.example\nSender: ${addresses(1200)}\n`, 'sender is longer than 16 KiB'],
    [`From: a@b.example\n${'From: a@b.example\n'.repeat(1000)}`, 'from is longer than 16 KiB'],
    [`From: a@b.example\nTo: ${addresses(9000)}\n`, undefined],
    [`From: a@b.example\nTo: ${addresses(19_000)}\n`, 'to is longer than 256 KiB'],
  ]
  for (const talk of [stranger, user]) {
    const from = talk === user ? receiver : 'sender@north.example'
    for (const [header, problem] of table) {
      const said = await talk.letter({ from, to: receiver, message: `${header}\nx\n` })
      if (problem === undefined) assert.notEqual(said.code, 552, said.text)
      else
        assert.match(`${said.code} ${said.text}`, new RegExp(`^552 The field ${problem}\\. Ref `))
    }
    talk.destroy()
  }
})

test('headers without an end use no more memory than there is for one network; small letters still come', async (t) => {
  // A quarter for one network: 200 KiB, so three headers of 50 KiB and the copies for the disk.
  const south = await openTestSite(t, { zone, clients: { memoryBytes: 800 * 1024 } })
  const begun: SmtpTalk[] = []
  for (let n = 0; n < 3; n++) {
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    await talk.say('MAIL FROM:<sender@north.example>', 250)
    await talk.say(`RCPT TO:<${receiver}>`, 250)
    await talk.say('DATA', 354)
    talk.write(`From: sender@north.example\r\nX-Long: ${'x'.repeat(50 * 1024)}`)
    begun.push(talk)
  }
  // An answer on each connection would say that it was read; none may come before the end.
  const last = await SmtpTalk.greeted(south.ports.smtp)
  const message = `From: sender@north.example\nX-Long: ${'x'.repeat(150 * 1024)}\n\nx\n`
  const said = await last.letter({ ...letter, message })
  assert.deepEqual([said.code, said.enhanced], [451, '4.3.2'])
  assert.deepEqual(limitsTold(south)[0], {
    limit: 'limits.memory_bytes',
    client: strangerIp,
    network: '198.51.100.0/24',
    listener: 'smtp',
  })
  assert.deepEqual(south.reported, [], 'it is no fault of ours')
  const { record } = await writtenJourney(south, said)
  assert.equal(record.outcome.status, 'deferred')
  const step = record.steps.find(({ type }) => type === 'limit')
  assert.deepEqual(step?.type === 'limit' && [step.limit, step.of], [
    'limits.memory_bytes',
    'network',
  ])
  // The session goes on, and small letters always have room.
  assert.equal((await last.letter(letter)).code, 250)
  // What is held is given back with the end of a letter, whatever end that is.
  for (const talk of begun) {
    talk.reset()
    await talk.closed
  }
  const large = `From: sender@north.example\n\n${'x'.repeat(70)}\n`.padEnd(
    100 * 1024,
    `${'y'.repeat(70)}\n`,
  )
  let again = (await last.letter({ ...letter, message: large })).code
  while (again === 451) again = (await last.letter({ ...letter, message: large })).code
  for (let n = 0; n < 5; n++) {
    assert.equal((await last.letter({ ...letter, message: large })).code, 250)
  }
  last.destroy()
})

test('the spool file of a letter that breaks off goes with it', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  const south = await openTestSite(t, { zone, store, replay: false })
  const spool = join(folder, 'spool')
  const ways: readonly ((talk: SmtpTalk) => void)[] = [
    (talk) => talk.half(),
    (talk) => talk.reset(),
    (talk) => talk.destroy(),
  ]
  for (const leave of ways) {
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    await talk.say('MAIL FROM:<sender@north.example>', 250)
    await talk.say(`RCPT TO:<${receiver}>`, 250)
    await talk.say('DATA', 354)
    const before = (await store.counts()).journeys
    talk.write('From: sender@north.example\r\n\r\n')
    talk.write(`${'x'.repeat(70)}\r\n`.repeat(30_000))
    while (readdirSync(spool).length === 0) await new Promise((resolve) => setImmediate(resolve))
    leave(talk)
    await south.when(async () => ((await store.counts()).journeys > before ? true : undefined))
    while (readdirSync(spool).length > 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await south.close()
})
