import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDkimRecord, generateDkimKey, signDkim } from '../dkim/dkim.ts'
import type { Zone } from '../dns/zone-table.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { first, openSender, second, twoExchanges } from './test-support/sender.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite } from './test-support/test-site.ts'
import { northZone, password, receiver, strangerIp } from './test-support/south.ts'

const letter = {
  from: 'sender@north.example',
  to: receiver,
  message: 'From: Sender <sender@north.example>\nSubject: x\n\nHello\n',
}

/** The stranger has a name that leads back to it. */
const namedZone: Zone = {
  ...northZone,
  '66.100.51.198.in-addr.arpa': { PTR: ['x.stranger.example'] },
  'x.stranger.example': { A: [strangerIp] },
}

async function nothingIn({ store }: TestSite, id: string): Promise<string> {
  const journey = await journeyIn(store, id)
  const result = await journey.replay()
  assert.equal(journey.view.replay.complete, true)
  return result.type === 'nothing' ? result.because : result.type
}

test('a journey without a verdict has nothing to derive again, which is no failure', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const bare = { ...letter, message: 'From: sender@north.example\r\n\r\nbare\nline\r\n' }
  await talk.say(`MAIL FROM:<${letter.from}>`, 250)
  const refused = referenceIn(await talk.say('RCPT TO:<nobody@south.example>', 550))
  await talk.say('RSET', 250)
  await talk.say(`MAIL FROM:<${letter.from}>`, 250)
  await talk.say(`RCPT TO:<${receiver}>`, 250)
  await talk.say('DATA', 354)
  talk.write(`${bare.message}.\r\n`)
  const smuggled = referenceIn(await talk.read(550))
  await talk.say(`MAIL FROM:<${letter.from}>`, 250)
  await talk.quit()
  const dropped = await south.when(async () => {
    return (await south.store.journeys.list({ limit: 9 })).find(
      ({ status }) => status === 'dropped',
    )
  })

  assert.equal(await nothingIn(south, refused), 'it was refused before any check')
  assert.equal(await nothingIn(south, smuggled), 'it was refused before any check')
  assert.equal(await nothingIn(south, dropped.id), 'it ended before any check')

  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  const foreign = referenceIn(await user.say('MAIL FROM:<x@north.example>', 550))
  const message = `From: ${receiver}\n\nHello\n`
  const own = await user.letter({ from: receiver, to: 'other@south.example', message })
  // It is put down with the client's next command: more of it may be pipelined.
  assert.equal(await nothingIn(south, foreign), 'it was refused before any check')
  assert.equal(await nothingIn(south, referenceIn(own)), 'mail from our own users is not judged')
})

test('as if from another address: what nobody asked then is named, all else is told', async (t) => {
  const south = await openTestSite(t, { zone: namedZone })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const journey = await journeyIn(south.store, referenceIn(await talk.letter(letter)))
  const reverse = '10.2.0.192.in-addr.arpa PTR'
  const result = await journey.replay({ dns: [], ip: '192.0.2.10' })
  assert.ok(result.type === 'replayed')
  assert.equal(result.firstDifference, 'spf')
  assert.deepEqual(result.missing, [reverse])
  assert.deepEqual(
    result.steps.map(({ type, same, missing }) => [type, same, missing]),
    [
      ['spf', false, []],
      ['dkim', true, []],
      ['dmarc', false, []],
      ['decision', false, []],
      ['iprev', false, [reverse]],
    ],
  )
  const spf = result.steps[0]?.now
  assert.ok(spf?.type === 'spf')
  assert.equal(spf.verdict.result, 'pass')

  // With the answers said, nothing is missing any more.
  const dns = [
    { name: '10.2.0.192.in-addr.arpa', type: 'PTR', values: ['mx.north.example'] },
    { name: 'mx.north.example', type: 'A', values: ['192.0.2.10'] },
  ] as const
  const told = await journey.replay({ dns, ip: '192.0.2.10' })
  assert.ok(told.type === 'replayed')
  assert.deepEqual(told.missing, [])
  const iprev = told.steps.at(-1)?.now
  assert.ok(iprev?.type === 'iprev')
  assert.equal(iprev.verdict.result, 'pass')
})

test('what misses an answer is not called the first difference when it is all that differs', async (t) => {
  const south = await openTestSite(t, { zone: namedZone })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const journey = await journeyIn(south.store, referenceIn(await talk.letter(letter)))
  const dns = [
    { name: '66.100.51.198.in-addr.arpa', type: 'PTR', values: ['y.stranger.example'] },
  ] as const
  const result = await journey.replay({ dns })
  assert.ok(result.type === 'replayed')
  assert.equal(result.firstDifference, undefined)
  assert.deepEqual(result.missing, ['y.stranger.example A'])
})

test('what DNS is told to say and nobody asks changes nothing, and is named', async (t) => {
  const south = await openTestSite(t, { zone: namedZone })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const journey = await journeyIn(south.store, referenceIn(await talk.letter(letter)))
  const dns = [
    { name: 'never.example', type: 'TXT', values: ['x'] },
    { name: 'north.example', type: 'AAAA', values: [] },
    // A record that is taken away: SPF finds none.
    { name: 'north.example', type: 'TXT', values: [] },
  ] as const
  const result = await journey.replay({ dns })
  assert.ok(result.type === 'replayed')
  assert.deepEqual(result.unused, ['never.example TXT', 'north.example AAAA'])
  assert.equal(result.firstDifference, 'spf')
  const spf = result.steps[0]?.now
  assert.equal(spf?.type === 'spf' ? spf.verdict.result : '', 'none')
  const fault = { name: 'north.example', type: '*', values: { error: 'SERVFAIL' } } as const
  const failed = await journey.replay({ dns: [fault] })
  assert.ok(failed.type === 'replayed')
  assert.deepEqual(failed.unused, [])
})

test('as if it had called itself otherwise, or come in another name', async (t) => {
  const zone: Zone = {
    ...namedZone,
    'helo.example': { TXT: ['v=spf1 -all'] },
    'other.example': { TXT: ['v=spf1 +all'] },
  }
  const south = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const journey = await journeyIn(south.store, referenceIn(await talk.letter(letter)))
  const dns = [
    { name: 'helo.example', type: 'TXT', values: ['v=spf1 -all'] },
    { name: 'other.example', type: 'TXT', values: ['v=spf1 +all'] },
  ] as const
  const spfOf = async (changes: {
    readonly helo?: string
    readonly mailFrom?: string
  }): Promise<string> => {
    const result = await journey.replay({ dns, ...changes })
    assert.ok(result.type === 'replayed')
    const spf = result.steps.find(({ type }) => type === 'spf')?.now
    assert.ok(spf?.type === 'spf')
    return `${spf.verdict.identity} ${spf.verdict.domain} ${spf.verdict.result}`
  }
  assert.equal(await spfOf({ mailFrom: 'x@other.example' }), 'mailfrom other.example pass')
  assert.equal(await spfOf({ mailFrom: '', helo: 'helo.example' }), 'helo helo.example fail')
})

test('as if it were later: a signature that has run out since passes no more', async (t) => {
  const key = generateDkimKey('ed25519')
  const record = formatDkimRecord({ type: 'ed25519', publicKey: key.publicKey })
  const zone: Zone = { ...namedZone, 's._domainkey.north.example': { TXT: [record] } }
  const south = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const now = Math.floor(south.clock.now() / 1000)
  const text = letter.message.replaceAll('\n', '\r\n')
  const keys = [{ domain: 'north.example', selector: 's', ...key }]
  const signature = signDkim(Buffer.from(text), { keys, now, expiresAfterSeconds: 3600 }).join('')
  const message = signature + text
  const journey = await journeyIn(
    south.store,
    referenceIn(await talk.letter({ ...letter, message })),
  )
  const dkimAt = async (seconds: number): Promise<string> => {
    const result = await journey.replay({ dns: [], now: seconds })
    assert.ok(result.type === 'replayed')
    assert.deepEqual(result.missing, [])
    const dkim = result.steps.find(({ type }) => type === 'dkim')?.now
    assert.ok(dkim?.type === 'dkim')
    return `${dkim.verdicts[0]?.result}, then ${result.firstDifference ?? 'the same'}`
  }
  assert.equal(await dkimAt(now + 3590), 'pass, then the same')
  assert.equal(await dkimAt(now + 3610), 'permerror, then dkim')
})

test('as if its exchanges were others: the route comes out differently, and is the first to do so', async (t) => {
  const { network, submit, settled } = await openSender(t, { zone: twoExchanges })
  network.at(first, (await FakeServer.open(t)).port)
  const journey = await settled(await submit(), 1)
  const routeWith = async (values: readonly string[]): Promise<unknown> => {
    const result = await journey.replay({
      dns: [{ name: 'north.example', type: 'MX', values }],
    })
    assert.ok(result.type === 'replayed')
    const route = result.steps.find(({ type }) => type === 'route')
    assert.ok(route?.now.type === 'route')
    return [result.firstDifference, JSON.stringify(route.now.route)]
  }
  const [difference, route] = (await routeWith(['10 backup.north.example'])) as [unknown, string]
  assert.equal(difference, 'route')
  assert.ok(!route.includes(first) && route.includes(second), route)
})
