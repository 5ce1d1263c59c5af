import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { testsOf } from './test-support/both-ways.ts'
import { FakeServer, silence, type Stage } from './test-support/fake-server.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite } from './test-support/test-site.ts'
import { TestNetwork } from './test-support/test-network.ts'
import { northZone, password, receiver } from './test-support/south.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { LogLine } from '../base/log.ts'
import type { Step } from '../journey/steps.ts'
import { summaryOf } from '../journey/summary.ts'

const test = testsOf('stopping')

const zone = { ...northZone, '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] } }
const letter = {
  from: 'sender@north.example',
  to: receiver,
  message: 'From: sender@north.example\nSubject: x\n\nHello\n',
}

test('who is idle when the server stops hears 421; who is within a message may finish it', async (t) => {
  const south = await openTestSite(t, { zone, replay: false })
  const idle = await SmtpTalk.greeted(south.ports.smtp)
  const busy = await SmtpTalk.greeted(south.ports.smtp)
  await busy.say('MAIL FROM:<sender@north.example>', 250)
  await busy.say(`RCPT TO:<${receiver}>`, 250)
  await busy.say('DATA', 354)
  busy.write('From: sender@north.example\r\n\r\nhalf, ')
  // A grace that no slow machine uses up: what is within a message is waited for, whatever it takes.
  const closed = south.site.close(600_000)
  assert.match((await idle.read(421)).text, /going down/)
  busy.write('and the rest\r\n.\r\n')
  await busy.read(250)
  await busy.read(421)
  await closed
  const store = await south.left()
  assert.equal((await store.mailboxes.items({})).length, 1)
})

test('who is still within a message when the grace is over hears 421, and the record says why', async (t) => {
  const south = await openTestSite(t, { zone, replay: false })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  await talk.say(`RCPT TO:<${receiver}>`, 250)
  await talk.say('DATA', 354)
  talk.write('From: sender@north.example\r\n\r\nhalf a let')
  const closed = south.close()
  const said = await talk.read(421)
  assert.equal(said.enhanced, '4.3.2')
  await talk.closed
  await closed
  const store = await south.left()
  const [row] = await store.journeys.list({ limit: 10 })
  assert.ok(row !== undefined)
  assert.equal(row.id, / Ref (\S+)$/.exec(said.text)?.[1])
  const { record } = await journeyIn(store, row.id)
  assert.deepEqual(record.outcome, { status: 'dropped', because: ['shutdown'] })
  assert.match(summaryOf(record), /this server was stopped/)
  assert.equal(record.conversation.at(-1)?.text, `421 4.3.2 ${said.text}`)
  assert.equal((await store.mailboxes.items({})).length, 0)
})

test('who is idle within a transaction when the server stops is not said to have given up', async (t) => {
  const south = await openTestSite(t, { zone, replay: false })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  const closed = south.close()
  await talk.read(421)
  await closed
  const store = await south.left()
  const [row] = await store.journeys.list({ limit: 10 })
  assert.ok(row !== undefined)
  const { outcome } = (await journeyIn(store, row.id)).record
  assert.deepEqual(outcome, { status: 'dropped', because: ['shutdown'] })
})

/** South has a letter under way to a server that does what it likes at `stage`. */
async function underWay(
  t: TestContext,
  at: Stage,
): Promise<{
  readonly south: TestSite
  readonly north: FakeServer
  readonly reference: string
  /** Ends the silence. */
  readonly speak: (reply: string) => void
}> {
  const network = new TestNetwork()
  const heard = Promise.withResolvers<void>()
  const north = await FakeServer.open(t, {
    answer(stage) {
      if (stage !== at) return undefined
      heard.resolve()
      return silence
    },
  })
  network.at('192.0.2.10', north.port)
  const south = await openTestSite(t, { zone, dialer: network, replay: false })
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  const message = `From: ${receiver}\n\nx\n`
  const said = await user.letter({ from: receiver, to: 'someone@north.example', message })
  t.after(() => user.destroy())
  await heard.promise
  return { south, north, reference: referenceIn(said), speak: (reply) => north.say(reply) }
}

/** Resolves when the log has said what the stop waits for. */
async function waitedFor(south: TestSite): Promise<LogLine> {
  for (;;) {
    const line = south.logged.find(({ event, fields }) => event === 'stopping' && fields['ip'])
    if (line !== undefined) return line
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('an answer to a letter that was sent whole is waited for, and the log says so', async (t) => {
  const { south, reference, speak } = await underWay(t, 'dot')
  const closed = south.close()
  const { fields } = await waitedFor(south)
  assert.deepEqual(fields['to'], ['someone@north.example'])
  assert.deepEqual([fields['id'], fields['ip']], [reference, '192.0.2.10'])
  assert.equal(fields['at_most_seconds'], 600)
  speak('250 2.0.0 taken after all')
  await closed
  assert.equal((await south.store.counts()).queued, 0)
  assert.equal((await journeyIn(south.store, reference)).status, 'delivered')
})

test('the wait for that answer ends after ten minutes', async (t) => {
  const { south, reference } = await underWay(t, 'dot')
  const closed = south.close()
  await waitedFor(south)
  south.clock.advance(10 * 60_000 - 5000)
  assert.equal((await south.store.counts()).queued, 1)
  assert.equal((await journeyIn(south.store, reference)).record.steps.some(isAttempt), false)
  south.clock.advance(5000)
  await closed
  assert.equal((await south.store.counts()).queued, 1)
  const attempt = (await journeyIn(south.store, reference)).record.steps.find(isAttempt)
  assert.match(attempt?.problem ?? '', /^The whole message was sent, but no answer came/)
})

test('a second wish to stop cuts the wait short, and the record says so', async (t) => {
  const { south, reference } = await underWay(t, 'dot')
  const closed = south.close()
  await waitedFor(south)
  south.site.hurry()
  await closed
  const attempt = (await journeyIn(south.store, reference)).record.steps.find(isAttempt)
  assert.equal(
    attempt?.problem,
    'The whole message was sent, but its answer was not waited for, because this server was told' +
      ' to wait no longer; the server may have taken it',
  )
  // The other side may have it or not: it stays in the queue (RFC 1047), and is tried again.
  assert.equal((await south.store.counts()).queued, 1)
})

test('a letter that was not sent whole is broken off, and the record says why', async (t) => {
  const { south, north, reference } = await underWay(t, 'data')
  await south.close()
  assert.equal(north.letters.length, 0)
  const attempt = (await journeyIn(south.store, reference)).record.steps.find(isAttempt)
  assert.equal(attempt?.problem, 'The connection was ended, because this server was stopped')
  assert.equal((await south.store.counts()).queued, 1)
})

test('a server that never greets does not keep the stop, and its letter was not tried', async (t) => {
  for (const stage of ['banner', 'ehlo'] as const) {
    const { south, reference } = await underWay(t, stage)
    await south.close()
    assert.deepEqual((await journeyIn(south.store, reference)).record.steps.filter(isAttempt), [])
    assert.equal((await south.store.counts()).queued, 1)
  }
})

test('clients that do not go when they should do not keep the server', async (t) => {
  const south = await openTestSite(t, { zone, replay: false })
  const stuck = await SmtpTalk.greeted(south.ports.smtp)
  await stuck.say('MAIL FROM:<sender@north.example>', 250)
  await stuck.say(`RCPT TO:<${receiver}>`, 250)
  await stuck.say('DATA', 354)
  stuck.stall()
  const silent = connect(south.ports.submissions, '127.0.0.1')
  silent.on('error', () => {})
  t.after(() => {
    silent.destroy()
    stuck.destroy()
  })
  await south.close()
})

function isAttempt(step: Step): step is Step & { readonly type: 'attempt' } {
  return step.type === 'attempt'
}

test('a DNS that never answers does not keep the server from stopping', async (t) => {
  const asked = Promise.withResolvers<void>()
  const resolver: Resolver = {
    resolve() {
      asked.resolve()
      return new Promise(() => {})
    },
  }
  const south = await openTestSite(t, { resolver, replay: false })
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  const message = `From: ${receiver}\n\nx\n`
  await user.letter({ from: receiver, to: 'someone@north.example', message })
  await asked.promise
  await south.close()
  assert.equal((await south.store.counts()).queued, 1)
})

test('connections beyond the limit hear 421 and are closed, those within go on', async (t) => {
  const south = await openTestSite(t, { zone, limits: { connections: 10 } })
  const inside = await Promise.all(
    Array.from({ length: 10 }, () => SmtpTalk.greeted(south.ports.smtp)),
  )
  const flood = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const talk = await SmtpTalk.open(south.ports.smtp)
      const said = await talk.read(421)
      await talk.closed
      return said
    }),
  )
  for (const said of flood) {
    assert.equal(said.enhanced, '4.3.2')
    assert.equal(said.text, 'mx.south.example is busy, try again soon')
  }
  for (const talk of inside) assert.equal((await talk.letter(letter)).code, 250)
  assert.deepEqual(
    south.logged.flatMap(({ level, event, fields }) => {
      return event === 'limit' ? [[level, fields['limit']]] : []
    }),
    [['error', 'limits.connections']],
  )
  await inside[0]?.quit()
  let again: SmtpTalk
  let code: number
  do {
    again = await SmtpTalk.open(south.ports.smtp)
    code = (await again.read()).code
  } while (code !== 220)
  await again.say('EHLO x.example', 250)
  assert.equal((await again.letter(letter)).code, 250)
  // The other ports have their own room.
  await (await SmtpTalk.greeted(south.ports.submission)).quit()
})
