import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { test, type TestContext } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { startSessionWorker, type ThreadLink } from '../sessions/session-thread.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite, type TestSiteOptions } from './test-support/test-site.ts'
import { northZone, password, receiver } from './test-support/south.ts'

interface Opened {
  readonly south: TestSite
  /** The threads that there were so far. */
  readonly threads: readonly ThreadLink[]
  /** What they have asked and told the main thread so far. */
  readonly heard: readonly string[]
  /** Rings by the name of each of them. */
  readonly bell: EventEmitter
}

/** A server with two session threads. */
async function open(t: TestContext, options: TestSiteOptions = {}): Promise<Opened> {
  const threads: ThreadLink[] = []
  const heard: string[] = []
  const bell = new EventEmitter()
  const start = (): ThreadLink => {
    const thread = startSessionWorker()
    threads.push(thread)
    return {
      ...thread,
      listen: ({ message, ended }) => {
        thread.listen({
          ended,
          message(said) {
            if (said.type === 'call') heard.push(said.kind)
            message(said)
            if (said.type === 'call') bell.emit(said.kind)
          },
        })
      },
    }
  }
  const south = await openTestSite(t, { ...options, threads: { count: 2, start } })
  return { south, threads, heard, bell }
}

const message = 'From: <x@north.example>\r\nSubject: hello\r\n\r\nA letter\r\n'
const letter = { from: 'x@north.example', to: receiver, message }

function refOf(text: string): string {
  return /Ref (\w+)$/.exec(text)?.[1] ?? text
}

/** The journeys of what lies in the mailbox. */
async function filed({ store }: Pick<TestSite, 'store'>): Promise<readonly string[]> {
  const items = await store.mailboxes.items({ account: receiver })
  return items.map(({ journeyId }) => journeyId)
}

test('both threads take letters; each is acknowledged, kept and told of once', async (t) => {
  const { south } = await open(t, { clientIp: '192.0.2.10' })
  const refs: string[] = []
  const talks = [
    await SmtpTalk.greeted(south.ports.smtp),
    await SmtpTalk.greeted(south.ports.smtp),
    await SmtpTalk.greeted(south.ports.smtp),
  ]
  for (const talk of talks) {
    for (let n = 0; n < 3; n++) {
      const { code, text } = await talk.letter(letter)
      assert.equal(code, 250, text)
      refs.push(refOf(text))
    }
    await talk.quit()
  }
  assert.equal(new Set(refs).size, 9)
  // Who was answered first is first, whatever thread it was.
  assert.deepEqual(await filed(south), refs)
  // Lines of the log come behind the letters, a few at a time.
  const told = await south.when(() => {
    const lines = south.logged.filter(({ event }) => event === 'accepted')
    return lines.length < refs.length ? undefined : lines
  })
  assert.deepEqual(told.map(({ fields }) => String(fields['id'])).toSorted(), refs.toSorted())
  assert.deepEqual(south.reported, [])
})

test('users log in with both kinds of TLS, write to each other and to the world', async (t) => {
  const { south } = await open(t, { clients: { connectionsPerAccount: 2 } })
  const first = await SmtpTalk.greeted(south.ports.submission)
  await first.startTls()
  await first.login(receiver, 'wrong', 535)
  await first.login(receiver, password, 235)
  const second = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await second.login(receiver, password, 235)
  const third = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  const { code, text } = await third.login(receiver, password)
  assert.equal(code, 454, `a third place for one account, over all threads: ${text}`)
  const mine = message.replace('x@north.example', receiver)
  for (const talk of [first, second]) {
    const own = { from: receiver, to: [receiver, 'ann@north.example'], message: mine }
    assert.equal((await talk.letter(own)).code, 250)
  }
  assert.equal((await filed(south)).length, 2)
  assert.equal((await south.store.counts()).queued, 2)
  await first.quit()
  // The place is free as soon as the end of the connection is known here.
  let again: number
  do {
    const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
    again = (await talk.login(receiver, password)).code
    talk.destroy()
  } while (again === 454)
  assert.equal(again, 235)
})

test('what a client has used up is counted over all threads', async (t) => {
  const clients = { refusedRecipients: 10, connectionsPerAddress: 3 }
  const { south } = await open(t, { clients })
  const talks = [
    await SmtpTalk.greeted(south.ports.smtp),
    await SmtpTalk.greeted(south.ports.smtp),
    await SmtpTalk.greeted(south.ports.smtp),
  ]
  const late = await SmtpTalk.open(south.ports.smtp)
  assert.equal((await late.read()).code, 421)
  const [one, two] = talks
  assert.ok(one !== undefined && two !== undefined)
  for (const talk of [one, two]) await talk.say('MAIL FROM:<x@north.example>', 250)
  for (let n = 1; n < 10; n++) {
    await (n % 2 === 0 ? one : two).say(`RCPT TO:<nobody${n}@south.example>`, 550)
  }
  assert.equal((await one.say('RCPT TO:<nobody@south.example>')).code, 421)
  assert.equal((await two.say('RCPT TO:<nobody@south.example>')).code, 421)
  for (const talk of talks) talk.destroy()
  let again: string
  do {
    const next = await SmtpTalk.open(south.ports.smtp)
    again = (await next.read(421)).text
    next.destroy()
  } while (!again.startsWith('Too much'))
  assert.ok(south.logged.some(({ fields }) => fields['limit'] === 'limits.refused_recipients'))
})

test('what a client has used up goes over with its connection, and nobody is asked for it', async (t) => {
  const clients = { refusedRecipients: 2, wrongPasswords: 1 }
  const { south, heard } = await open(t, { clients })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await (await SmtpTalk.greeted(south.ports.submission)).quit()
  assert.deepEqual(
    heard.filter((kind) => kind.startsWith('closed')),
    [],
  )
  await talk.say('MAIL FROM:<x@north.example>', 250)
  await talk.say('RCPT TO:<nobody1@south.example>', 550)
  await talk.say('RCPT TO:<nobody2@south.example>', 421)
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, 'wrong', 535)
  const asked = heard.length
  for (const port of [south.ports.smtp, south.ports.submission]) {
    const next = await SmtpTalk.open(port)
    assert.match((await next.read(421)).text, /^Too much/)
    next.destroy()
  }
  assert.ok(!heard.slice(asked).some((kind) => kind.startsWith('closed')))
  // Behind a handshake, which may last, it is asked then.
  const late = await SmtpTalk.open(south.ports.submissions, { tls: true })
  assert.match((await late.read(421)).text, /^Too much/)
  assert.equal(heard.filter((kind) => kind === 'closedForLogins').length, 2)
  for (const one of [talk, user, late]) one.destroy()
})

test('handshakes have places like sessions, over all threads, and give them back', async (t) => {
  const { south } = await open(t, { clients: { connectionsPerAddress: 2 } })
  const { submissions } = south.ports
  const silent = [connectTcp(submissions), connectTcp(submissions)]
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  // For one more there is no place: it ends before a word of TLS.
  const late = connectTcp(submissions)
  late.on('error', () => {})
  await once(late, 'close')
  for (const socket of silent) socket.destroy()
  let talk: SmtpTalk | undefined
  while (talk === undefined) {
    talk = await SmtpTalk.open(submissions, { tls: true }).catch(() => undefined)
  }
  await talk.read(220)
  talk.destroy()
  const failed = await south.when(async () => {
    const rows = await south.store.journeys.list({ limit: 9 })
    return rows.length >= 2 ? rows : undefined
  })
  assert.ok(failed.every(({ status }) => status === 'dropped'))
})

test('a TLS session that began on one thread is resumed on any, until the keys change', async (t) => {
  const { south } = await open(t)
  const { submissions } = south.ports
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const first = await resumable(submissions, version)
    assert.equal(first.reused, false)
    const all = [first]
    // Those that are open are with one thread each in turn.
    for (let n = 0; n < 4; n++) all.push(await resumable(submissions, version, first.session))
    assert.deepEqual(
      all.map(({ reused }) => reused),
      [false, true, true, true, true],
      version,
    )
    for (const { socket } of all) socket.destroy()
  }
  const before = await resumable(submissions, 'TLSv1.2')
  south.clock.advance(7 * 86_400_000)
  await new Promise<void>((resolve) => {
    south.clock.setTimer(0, resolve)
  })
  await south.site.use({})
  const after = await resumable(submissions, 'TLSv1.2', before.session)
  const other = await resumable(submissions, 'TLSv1.2', before.session)
  assert.deepEqual([after.reused, other.reused], [false, false])
  for (const { socket } of [after, other]) socket.destroy()
  before.socket.destroy()
})

interface Resumable {
  readonly socket: TLSSocket
  readonly session: Buffer
  readonly reused: boolean
}

/** A greeted connection with TLS, with what the next one can resume. */
async function resumable(
  port: number,
  version: 'TLSv1.2' | 'TLSv1.3',
  session?: Buffer,
): Promise<Resumable> {
  const more = session === undefined ? {} : { session }
  const place = { host: '127.0.0.1', port, rejectUnauthorized: false }
  const socket = connect({ ...place, minVersion: version, maxVersion: version, ...more })
  const tickets: Buffer[] = []
  socket.on('session', (ticket: Buffer) => tickets.push(ticket))
  await once(socket, 'data')
  const ticket = tickets.at(-1) ?? session
  assert.ok(ticket !== undefined, 'no ticket')
  return { socket, session: ticket, reused: socket.isSessionReused() }
}

test('a thread that dies takes its own letter with it, and nobody hears anything false', async (t) => {
  const clients = { connectionsPerAddress: 2 }
  const { south, threads } = await open(t, { clientIp: '192.0.2.10', clients })
  const one = await SmtpTalk.greeted(south.ports.smtp)
  const two = await SmtpTalk.greeted(south.ports.smtp)
  const kept: string[] = []
  for (const talk of [one, two]) kept.push(refOf((await talk.letter(letter)).text))
  for (const talk of [one, two]) {
    await talk.say('MAIL FROM:<x@north.example>', 250)
    await talk.say(`RCPT TO:<${receiver}>`, 250)
    await talk.say('DATA', 354)
    talk.write('Subject: half a letter\r\n')
  }
  await threads[0]?.end()
  // Whichever of them was there has heard nothing of its letter; the other one goes on.
  const heard = await Promise.all(
    [one, two].map(async (talk) => {
      talk.write('\r\nthe rest\r\n.\r\n')
      return await talk.read().catch(() => undefined)
    }),
  )
  const answered = heard.flatMap((said) => said ?? [])
  assert.deepEqual(
    answered.map(({ code }) => code),
    [250],
  )
  kept.push(...answered.map(({ text }) => refOf(text)))
  // Its place is free, and another thread is in its place.
  const next = await SmtpTalk.greeted(south.ports.smtp)
  kept.push(refOf((await next.letter(letter)).text))
  assert.equal(threads.length, 3)
  assert.deepEqual((await filed(south)).toSorted(), kept.toSorted())
  assert.equal(south.reported.length, 1)
  assert.match(south.reported[0] ?? '', /^a session thread, which ended with 1 connection: /)
})

test('a letter goes over with its verdicts only where its author wants reports (ruf)', async (t) => {
  const failureReports = {
    from: 'postmaster@south.example',
    content: 'header',
    perDestination: 5,
    perDay: 5,
  } as const
  for (const [tags, wanted] of [
    ['', 0],
    ['; ruf=mailto:ruf@north.example', 1],
  ] as const) {
    const zone = { ...northZone, '_dmarc.north.example': { TXT: [`v=DMARC1; p=reject${tags}`] } }
    const plan = { failureReports, zone, clientIp: '192.0.2.99' }
    const { south, heard, bell } = await open(t, plan)
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    assert.equal((await talk.letter(letter)).code, 550)
    // What is told goes in order: the connection is over after all that it had to say.
    const over = once(bell, 'over')
    await talk.quit()
    await over
    assert.equal(heard.filter((kind) => kind === 'judged').length, wanted, tags)
  }
})

test('threads that die again and again end the server, with a word', async (t) => {
  const { south, threads } = await open(t)
  for (let n = 0; n < 6; n++) await threads[n]?.end()
  assert.equal(south.reported.length, 7)
  assert.equal(
    south.reported[6],
    'broken: 6 session threads have ended within a minute.',
    south.reported.join('\n'),
  )
})

test('a stop waits for letters on every thread, and says goodbye on all', async (t) => {
  const { south } = await open(t, { clientIp: '192.0.2.10', replay: false })
  const talks = [
    await SmtpTalk.greeted(south.ports.smtp),
    await SmtpTalk.greeted(south.ports.smtp),
    await SmtpTalk.greeted(south.ports.smtp),
  ]
  const [one, two, idle] = talks
  assert.ok(one !== undefined && two !== undefined && idle !== undefined)
  for (const talk of [one, two]) {
    await talk.say('MAIL FROM:<x@north.example>', 250)
    await talk.say(`RCPT TO:<${receiver}>`, 250)
    await talk.say('DATA', 354)
    talk.write(message)
  }
  const closed = south.site.close(600_000)
  await idle.read(421)
  for (const talk of [one, two]) {
    talk.write('.\r\n')
    assert.match((await talk.read(250)).text, /Ref/)
    await talk.read(421)
  }
  for (const talk of talks) talk.half()
  await closed
  const again = await openSqliteStore({ folder: south.folder ?? '' })
  assert.equal((await filed({ store: again })).length, 2)
  await again.close()
})

test('when the writer is gone no thread takes anything more', async (t) => {
  const { south } = await open(t, { clientIp: '192.0.2.10', replay: false })
  const talks = [await SmtpTalk.greeted(south.ports.smtp), await SmtpTalk.greeted(south.ports.smtp)]
  for (const talk of talks) assert.equal((await talk.letter(letter)).code, 250)
  south.killWriter?.()
  await south.when(() => south.reported.find((text) => text.startsWith('the store')))
  for (const talk of talks) {
    const { code, text } = await talk.letter(letter)
    assert.equal(code, 451, text)
    talk.destroy()
  }
})
