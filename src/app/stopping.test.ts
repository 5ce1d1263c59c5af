import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { FakeServer, silence } from './test-support/fake-server.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import {
  northZone,
  openTestSite,
  password,
  receiver,
  TestNetwork,
} from './test-support/test-site.ts'
import type { Resolver } from '../dns/resolver.ts'
import { summaryOf } from '../journey/summary.ts'

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
  const closed = south.close()
  assert.match((await idle.read(421)).text, /going down/)
  busy.write('and the rest\r\n.\r\n')
  const said = await busy.read()
  await closed
  if (said.code === 250) assert.equal(south.store.read.listMailbox({}).length, 1)
  else assert.equal(said.code, 421)
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
  const [row] = south.store.read.listJourneys({ limit: 10 })
  assert.ok(row !== undefined)
  assert.equal(row.id, / Ref (\S+)$/.exec(said.text)?.[1])
  const { record } = journeyIn(south.store.read, row.id)
  assert.deepEqual(record.outcome, { status: 'dropped', because: ['shutdown'] })
  assert.match(summaryOf(record), /this server was stopped/)
  assert.equal(record.conversation.at(-1)?.text, `421 4.3.2 ${said.text}`)
  assert.equal(south.store.read.listMailbox({}).length, 0)
})

test('who is idle within a transaction when the server stops is not said to have given up', async (t) => {
  const south = await openTestSite(t, { zone, replay: false })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  const closed = south.close()
  await talk.read(421)
  await closed
  const [row] = south.store.read.listJourneys({ limit: 10 })
  assert.ok(row !== undefined)
  const { outcome } = journeyIn(south.store.read, row.id).record
  assert.deepEqual(outcome, { status: 'dropped', because: ['shutdown'] })
})

test('peers that do not go when they should, here and there, do not keep the server', async (t) => {
  const network = new TestNetwork()
  const heard = Promise.withResolvers<void>()
  const north = await FakeServer.open(t, {
    answer(stage) {
      if (stage !== 'dot') return undefined
      heard.resolve()
      return silence
    },
  })
  network.at('192.0.2.10', north.port)
  const south = await openTestSite(t, { zone, dialer: network, replay: false })
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  const message = `From: ${receiver}\n\nx\n`
  await user.letter({ from: receiver, to: 'someone@north.example', message })
  await heard.promise
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
    user.destroy()
  })
  const begun = performance.now()
  await south.close()
  assert.ok(performance.now() - begun < 2000, 'it stopped soon after its grace of 200 ms')
  // The other side may have it or not: it stays in the queue (RFC 1047), and is tried again.
  assert.equal(south.store.read.counts().queued, 1)
})

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
  assert.equal(south.store.read.counts().queued, 1)
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
    south.logged.filter(({ event }) => event === 'limit').map(({ fields }) => fields['limit']),
    ['limits.connections'],
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
