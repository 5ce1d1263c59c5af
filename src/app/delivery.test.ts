import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDsn } from '../report/read-dsn.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { journeyIn } from './test-support/replay-all.ts'
import {
  attempts,
  first,
  openSender,
  reportIn,
  second,
  twoExchanges,
} from './test-support/sender.ts'
import { storedText } from './test-support/test-site.ts'
import { certificateFor, receiver as user } from './test-support/south.ts'

test('the exchange with the lowest preference is used, and the other not asked', async (t) => {
  const { south, network, submit, settled } = await openSender(t, { zone: twoExchanges })
  const [one, two] = [await FakeServer.open(t), await FakeServer.open(t)]
  network.at(first, one.port)
  network.at(second, two.port)
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'delivered')
  assert.deepEqual([one.letters.length, two.letters.length], [1, 0])
  assert.deepEqual(network.dialled, [first])
  assert.equal((await south.store.queue.list({ limit: 1 })).length, 0)
  assert.match(one.letters[0]?.text ?? '', /^DKIM-Signature: [\s\S]*\r\n\r\nHello\r\n$/)
  assert.match(journey.view.summary, /^Delivered to someone@north\.example\.$/)
})

test('when the first exchange is down, the backup takes it in the same attempt', async (t) => {
  const { network, submit, settled } = await openSender(t, { zone: twoExchanges })
  const backup = await FakeServer.open(t)
  network.at(second, backup.port)
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'delivered')
  assert.deepEqual(network.dialled, [first, second])
  const dials = journey.record.steps.filter((step) => step.type === 'dial')
  assert.deepEqual(
    dials.map(({ problem }) => problem),
    ['connection refused', undefined],
  )
})

test('a domain that leads into a private network is refused, and nobody is dialled', async (t) => {
  const zone = {
    'north.example': { MX: ['10 mx.north.example'] },
    'mx.north.example': { A: ['10.0.0.1'] },
  }
  const { network, south, submit, settled } = await openSender(t, { zone })
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'failed')
  assert.match(journey.view.summary, /10\.0\.0\.1 is a private address/)
  assert.deepEqual(network.dialled, [])
  const report = await reportIn(south)
  assert.ok(report.type === 'dsn')
  assert.equal(report.recipients[0]?.status, '5.4.4')
})

test('a domain without MX is its own exchange; a host of it is asked at IPv6 and IPv4', async (t) => {
  const zone = { 'north.example': { A: [first], AAAA: ['2001:db8::10'] } }
  const { network, submit, settled } = await openSender(t, { zone })
  const north = await FakeServer.open(t)
  network.at(first, north.port)
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'delivered')
  assert.equal(network.dialled.at(-1), first)
})

test('4xx is tried again on the schedule, until it is taken', async (t) => {
  let answers = ['451 4.7.1 come back later', '452 4.2.2 mailbox full']
  const { south, network, submit, settled, goOn } = await openSender(t)
  const north = await FakeServer.open(t, {
    answer: (stage) => (stage === 'rcpt' ? answers.shift() : undefined),
  })
  network.at(first, north.port)
  const started = south.clock.now()
  const id = await submit()
  const once = await settled(id, 1)
  assert.equal(once.status, 'deferred')
  assert.match(once.view.summary, /refused the recipient for now: 451 4\.7\.1 come back later$/)
  const [waiting] = await south.store.queue.list({ limit: 1 })
  const wait = (waiting?.nextAttemptAt ?? 0) - started
  assert.ok(wait > 4 * 60_000 && wait < 6 * 60_000, `the first wait is about 5 minutes: ${wait} ms`)
  await goOn()
  await settled(id, 2)
  const [later] = await south.store.queue.list({ limit: 1 })
  const longer = (later?.nextAttemptAt ?? 0) - south.clock.now()
  // A mailbox that is full is not emptied in ten minutes.
  const hour = 3_600_000
  assert.ok(longer > 1.7 * hour && longer < 2.3 * hour, `then about 2 hours: ${longer} ms`)
  await goOn()
  const journey = await settled(id, 3)
  assert.deepEqual(attempts(journey), ['deferred', 'deferred', 'delivered'])
  assert.equal(journey.status, 'delivered')
  assert.equal(north.letters.length, 1)
  answers = []
})

test('a first retry that is set sooner is sooner for a server that does not answer as well', async (t) => {
  const retry = { firstDelayMs: 10_000, jitter: 0 }
  const { south, network, submit, settled } = await openSender(t, { retry })
  const id = await submit()
  assert.deepEqual(attempts(await settled(id, 1)), ['deferred'])
  assert.equal(network.dialled.length, 1)
  // The server is left alone for 10 seconds, a tenth more or less; the next letter wakes the queue.
  south.clock.advance(12_000)
  await submit()
  assert.deepEqual(attempts(await settled(id, 2)), ['deferred', 'deferred'])
  assert.equal(network.dialled.length, 2)
})

test('5xx becomes a report to the sender, which says who refused whom and why', async (t) => {
  const { south, network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, {
    answer: (stage) => (stage === 'rcpt' ? '550 5.1.1 no such user' : undefined),
  })
  network.at(first, north.port)
  const id = await submit()
  const journey = await settled(id, 1)
  assert.equal(journey.status, 'failed')
  const report = await reportIn(south)
  assert.ok(report.type === 'dsn' && report.source === 'report')
  assert.equal(report.reportingMta, 'mx.south.example')
  assert.equal(report.originalMessageId, '<q@south.example>')
  const [only, ...more] = report.recipients
  assert.deepEqual(more, [])
  assert.deepEqual(
    [only?.finalRecipient, only?.action, only?.status, only?.remoteMta],
    ['someone@north.example', 'failed', '5.1.1', 'mx.north.example'],
  )
  assert.match(only?.diagnosticCode ?? '', /550 5\.1\.1 no such user/)
  assert.equal((await south.store.queue.list({ limit: 1 })).length, 0)
  const notified = journey.record.steps.find((step) => step.type === 'notified')
  assert.ok(notified?.type === 'notified')
  assert.equal(notified.to, user)
  assert.equal((await journeyIn(south.store, notified.journey)).record.outcome.status, 'created')
})

test('of three recipients one fails, one waits and one is served, each by itself', async (t) => {
  const { south, network, submit, settled, goOn } = await openSender(t)
  let greylisted = true
  const north = await FakeServer.open(t, {
    answer(stage, line) {
      if (stage !== 'rcpt') return undefined
      if (line.includes('<bad@')) return '550 5.1.1 no'
      if (line.includes('<slow@') && greylisted) return '451 4.7.1 later'
      return undefined
    },
  })
  network.at(first, north.port)
  const id = await submit({ to: ['good@north.example', 'bad@north.example', 'slow@north.example'] })
  await settled(id, 3)
  assert.equal(north.connections, 1)
  assert.deepEqual(
    north.letters.map(({ rcpt }) => rcpt.length),
    [1],
  )
  const waiting = await south.store.queue.list({ limit: 5 })
  assert.deepEqual(
    waiting.map(({ recipient }) => recipient),
    ['slow@north.example'],
  )
  const report = await reportIn(south)
  assert.ok(report.type === 'dsn')
  assert.deepEqual(
    report.recipients.map(({ finalRecipient }) => finalRecipient),
    ['bad@north.example'],
  )
  greylisted = false
  await goOn()
  await settled(id, 4)
  assert.equal(north.letters.length, 2)
  assert.equal((await south.store.queue.list({ limit: 5 })).length, 0)
})

test('what never gets through is given up after its time, and the sender is told', async (t) => {
  const { south, submit, settled, goOn } = await openSender(t)
  const id = await submit()
  let journey = await settled(id, 1)
  let rounds = 1
  while (journey.status === 'deferred') {
    await goOn()
    journey = await settled(id, ++rounds)
    assert.ok(rounds < 100, 'it comes to an end')
  }
  assert.equal(journey.status, 'failed')
  assert.ok(rounds > 20, `it was tried for five days: ${rounds} attempts`)
  const [row] = (await south.store.mailboxes.items({ account: user })).slice(-1)
  const text = await storedText(south.store, row?.messageId ?? '')
  const report = readDsn(Buffer.from(text, 'latin1'))
  assert.ok(report.type === 'dsn')
  const [only] = report.recipients
  assert.equal(only?.action, 'failed')
  assert.match(only?.status ?? '', /^5\./)
  assert.match(text, /tried for too long|could not be delivered|days/i)
  assert.equal((await south.store.queue.list({ limit: 1 })).length, 0)
})

test('a letter with the null reverse-path that fails makes no report', async (t) => {
  const { south, network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, {
    answer: (stage) => (stage === 'dot' ? '554 5.7.1 spam' : undefined),
  })
  network.at(first, north.port)
  const journey = await settled(await submit({ from: '' }), 1)
  assert.equal(journey.status, 'failed')
  assert.deepEqual(await south.store.mailboxes.items({}), [])
  assert.equal((await south.store.counts()).queued, 0)
  const told = journey.view.steps.find(({ id }) => id === 'notified')
  assert.match(told?.answer ?? '', /null reverse-path/)
})

test('a sender who wants no report gets none, one who wants a word on success gets it', async (t) => {
  const { south, network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, {
    answer: (stage, line) =>
      line.includes('<bad@') && stage === 'rcpt' ? '550 5.1.1 no' : undefined,
  })
  network.at(first, north.port)
  await settled(await submit({ to: ['bad@north.example'], wishes: ' NOTIFY=NEVER' }), 1)
  assert.deepEqual(await south.store.mailboxes.items({}), [])
  await settled(await submit({ wishes: ' NOTIFY=SUCCESS' }), 1)
  const report = await reportIn(south)
  assert.ok(report.type === 'dsn')
  assert.equal(report.recipients[0]?.action, 'relayed')
})

test('a server that knows DSN is handed the wishes, and no report is made here', async (t) => {
  const { south, network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, { keywords: ['DSN', 'SIZE 1000000'] })
  network.at(first, north.port)
  await settled(
    await submit({ wishes: ' NOTIFY=SUCCESS,FAILURE', parameters: ' RET=HDRS ENVID=e1' }),
    1,
  )
  assert.match(north.letters[0]?.mail ?? '', /^MAIL FROM:<receiver@south\.example> .*RET=HDRS.*/)
  assert.match(north.letters[0]?.mail ?? '', /SIZE=\d+/)
  assert.match(north.letters[0]?.mail ?? '', /ENVID=e1/)
  assert.match(north.letters[0]?.rcpt[0] ?? '', /NOTIFY=SUCCESS,FAILURE/)
  assert.deepEqual(await south.store.mailboxes.items({}), [])
})

test('TLS is used when it is offered, and its certificate is written down', async (t) => {
  const { network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, { tls: await certificateFor(['mx.north.example']) })
  network.at(first, north.port)
  const journey = await settled(await submit(), 1)
  assert.deepEqual(
    north.letters.map(({ tls }) => tls),
    [true],
  )
  const step = journey.record.steps.find(({ type }) => type === 'peer-tls')
  assert.ok(step?.type === 'peer-tls')
  assert.equal(step.certificate?.trusted, true)
  assert.match(step.protocol, /^TLSv1\.[23]$/)
})

test('a certificate for another name is taken, because nobody asked for more, and noted', async (t) => {
  const { network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, { tls: await certificateFor(['other.example']) })
  network.at(first, north.port)
  const journey = await settled(await submit(), 1)
  assert.equal(north.letters[0]?.tls, true)
  const step = journey.record.steps.find(({ type }) => type === 'peer-tls')
  assert.ok(step?.type === 'peer-tls')
  assert.equal(step.certificate?.trusted, false)
  assert.equal(step.certificate?.problem, 'ERR_TLS_CERT_ALTNAME_INVALID')
})

test('when the handshake fails, the letter goes in clear text over a new connection', async (t) => {
  const { network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, { tls: 'broken' })
  network.at(first, north.port)
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'delivered')
  assert.deepEqual(
    north.letters.map(({ tls }) => tls),
    [false],
  )
  assert.equal(north.connections, 2)
  const told = journey.view.steps.find(({ id }) => id === 'dial.tls')
  assert.equal(told?.verdict, 'warn')
})

test('a server that says 454 to STARTTLS gets the letter in clear text', async (t) => {
  const { network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, {
    tls: 'broken',
    answer: (stage) => (stage === 'starttls' ? '454 4.7.0 not now' : undefined),
  })
  network.at(first, north.port)
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'delivered')
})

for (const stage of ['banner', 'ehlo', 'mail', 'rcpt', 'data', 'dot'] as const) {
  test(`a server that says 421 at ${stage} is tried again, one that says 554 has failed`, async (t) => {
    let word = '421 4.3.2 shutting down'
    const { south, network, submit, settled, goOn } = await openSender(t)
    // A refused EHLO is followed by HELO, which must be refused as well.
    const north = await FakeServer.open(t, { answer: (at) => (at === stage ? word : undefined) })
    network.at(first, north.port)
    const id = await submit()
    assert.equal((await settled(id, 1)).status, 'deferred')
    word = '554 5.7.1 go away'
    await goOn()
    const journey = await settled(id, 2)
    assert.equal(journey.status, 'failed')
    const report = await reportIn(south)
    assert.ok(report.type === 'dsn')
    assert.match(report.recipients[0]?.diagnosticCode ?? '', /554 5\.7\.1 go away/)
  })
}

test('a server whose answer is no SMTP, or endless, is tried again later', async (t) => {
  for (const word of ['SSH-2.0-OpenSSH_9.7', 'x'.repeat(100_000), '220-\r\n'.repeat(20_000)]) {
    const { network, submit, settled } = await openSender(t)
    const north = await FakeServer.open(t, { answer: (at) => (at === 'banner' ? word : undefined) })
    network.at(first, north.port)
    const journey = await settled(await submit(), 1)
    assert.equal(journey.status, 'deferred', word.slice(0, 20))
    assert.ok(journey.view.summary.length < 600, 'the summary is for people')
  }
})

test('a destination that is ourselves is a circle, and is not dialled', async (t) => {
  const zone = {
    'north.example': { MX: ['10 mx.south.example'] },
    'mx.south.example': { A: ['203.0.113.20'] },
  }
  const { south, network, submit, settled } = await openSender(t, { zone })
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'failed')
  assert.deepEqual(network.dialled, [])
  const report = await reportIn(south)
  assert.ok(report.type === 'dsn')
  assert.equal(report.recipients[0]?.status, '5.4.6')
})

test('letters for one destination share a connection', async (t) => {
  const { network, submit, settled } = await openSender(t)
  const gate = Promise.withResolvers<void>()
  const north = await FakeServer.open(t)
  network.at(first, north.port)
  gate.resolve()
  const to = Array.from({ length: 30 }, (_, i) => `r${i}@north.example`)
  await settled(await submit({ to }), 30)
  const recipients = north.letters.reduce((sum, { rcpt }) => sum + rcpt.length, 0)
  assert.equal(recipients, 30)
  assert.ok(north.connections < 10, `${north.connections} connections for one letter`)
})

test('each recipient has its own end, in the order of the envelope, and one word tells of all', async (t) => {
  const { south, network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, {
    answer: (stage, text) =>
      stage === 'rcpt' && text.includes('nobody') ? '550 5.1.1 No such user' : undefined,
  })
  network.at('192.0.2.10', north.port)
  const to = ['someone@north.example', 'nobody@north.example', 'other@south.example']
  const journey = await settled(await submit({ to }), 2)
  const states = journey.view.recipients.map(({ address, status, answer, accounts }) => {
    return [address, status, answer?.code, answer?.at_command, ...accounts]
  })
  assert.deepEqual(states, [
    ['someone@north.example', 'delivered', 250, 'DATA'],
    ['nobody@north.example', 'failed', 550, 'RCPT'],
    ['other@south.example', 'delivered', 250, 'DATA', 'other@south.example'],
  ])
  assert.equal(journey.status, 'partly delivered')
  assert.equal(journey.view.outcome.status, 'partly delivered')
  assert.match(journey.view.summary, /^Of 3 recipients 2 have it, 1 failed\./)
  const [row] = await south.store.journeys.list({ limit: 10, status: 'partly delivered' })
  assert.equal(row?.id, journey.record.id)
  assert.equal(row?.author, user)
  const answers = journey.view.steps.filter(({ id }) => id === 'attempt')
  for (const [i, { answer }] of answers.entries()) assert.ok(answer.includes(to[i] ?? 'x'), answer)
  assert.equal(journey.view.steps.filter(({ id }) => id === 'dial').length, 1)
})
