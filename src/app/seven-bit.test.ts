/** Letters with octets over 127 at servers that do not offer 8BITMIME (RFC 6152 §3). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyArc } from '../arc/arc.ts'
import { octetString } from '../base/octets.ts'
import { exchangeWay } from '../deliver/way.ts'
import {
  formatDkimRecord,
  formatKeyTxt,
  generateDkimKey,
  signDkim,
  verifyDkim,
} from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { tell } from '../journey/catalogue.ts'
import type { JourneyRecord } from '../journey/record.ts'
import { decodedBody } from '../mime/body.ts'
import { readParts } from '../mime/tree.ts'
import { SettingsWays } from './named-ways.ts'
import { FakeServer, type FakeServerOptions } from './test-support/fake-server.ts'
import { attempts, first, openSender, reportIn, twoExchanges } from './test-support/sender.ts'
import { SmtpTalk, referenceIn } from './test-support/smtp-talk.ts'
import { southAccounts, southKeyZone, strangerIp } from './test-support/south.ts'

/** A server as there were before 1994. */
const sevenBit: FakeServerOptions = {
  answer: (stage) => (stage === 'ehlo' ? '250-fake.example\r\n250 SIZE 1000000' : undefined),
}

/** Two parts: text, and octets of every value but NUL and line ends. */
const picture = Array.from({ length: 1200 }, (_, n) => String.fromCharCode(1 + (n % 255)))
  .join('')
  .replace(/[\r\n]/g, '')
const letter = {
  header: [
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=x',
    'Content-Transfer-Encoding: 8bit',
    '',
  ].join('\n'),
  text: [
    '--x',
    'Content-Type: text/plain; charset=iso-8859-1',
    'Content-Transfer-Encoding: 8bit',
    '',
    'K\xe1va und so weiter, mit Milch.',
    '.dot',
    '--x',
    'Content-Type: image/x-test',
    'Content-Transfer-Encoding: 8bit',
    '',
    picture.replace(/.{900}/gs, '$&\n'),
    '--x--',
  ].join('\n'),
  parameters: ' BODY=8BITMIME',
}

function converted({ steps }: JourneyRecord): readonly string[] {
  return steps
    .flatMap((step) => (step.type === 'converted' ? tell(step) : []))
    .map((one) => {
      return `${one.verdict}: ${one.answer}`
    })
}

const now = (): number => Math.floor(Date.now() / 1000)

test('what one of our users sends is converted, signed again, and verifies there', async (t) => {
  const { network, submit, settled } = await openSender(t, { zone: twoExchanges })
  const server = await FakeServer.open(t, sevenBit)
  network.at(first, server.port)
  const journey = await settled(await submit(letter), 1)
  assert.equal(journey.status, 'delivered')
  const [taken] = server.letters
  assert.ok(taken !== undefined)
  assert.doesNotMatch(taken.text, /[^\x00-\x7f]/)
  assert.ok(taken.text.split('\r\n').every((line) => line.length <= 998))
  assert.doesNotMatch(taken.mail, /BODY=/)
  const octets = Buffer.from(taken.text, 'latin1')
  assert.match(taken.mail, new RegExp(` SIZE=${octets.length}$`))
  // Each part is what it was.
  const [, text, image] = readParts(octets).parts
  assert.ok(text !== undefined && image !== undefined)
  assert.deepEqual([text.encoding, image.encoding], ['quoted-printable', 'base64'])
  const said = octetString(decodedBody(octets, text))
  assert.equal(said, 'K\xe1va und so weiter, mit Milch.\r\n.dot')
  const seen = octetString(decodedBody(octets, image)).replaceAll('\r\n', '')
  assert.equal(seen, picture)
  // One signature of each key, over the letter as it arrived.
  const resolver = new MemoryResolver(southKeyZone())
  const verdicts = await verifyDkim(octets, { resolver, now: now() })
  assert.deepEqual(
    verdicts.map(({ result, selector }) => `${result} ${selector}`),
    ['pass rsa', 'pass ed25519'],
  )
  const [sentence] = converted(journey.record)
  assert.match(
    sentence ?? '',
    new RegExp(
      '^note: No, it does not offer 8BITMIME, so its text/plain became quoted-printable and its ' +
        `image/x-test became base64: \\d+ octets became ${octets.length}\\. It is signed again by ` +
        'south\\.example \\(rsa\\) and south\\.example \\(ed25519\\)\\.$',
    ),
  )
})

test('a server of LMTP that takes seven bits gets the letter, for each of its recipients', async (t) => {
  const relay = '10.0.0.7'
  const hop = { host: 'relay.example', port: 24, protocol: 'lmtp' } as const
  const way = { ...exchangeWay, port: 24, protocol: 'lmtp' } as const
  const ways = new SettingsWays([{ patterns: ['*'], value: { hop, way } }])
  const zone = { 'relay.example': { A: [relay] } }
  const { network, submit, settled } = await openSender(t, { zone, ways })
  const server = await FakeServer.open(t, { ...sevenBit, lmtp: true })
  network.at(relay, server.port)
  const to = ['a@one.example', 'b@one.example']
  const journey = await settled(await submit({ ...letter, to }), 2)
  assert.deepEqual(attempts(journey), ['delivered', 'delivered'])
  assert.equal(server.letters[0]?.rcpt.length, 2)
  assert.doesNotMatch(server.letters[0]?.text ?? 'é', /[^\x00-\x7f]/)
  // What was done for both is told once.
  assert.equal(converted(journey.record).length, 1)
})

test('one that offers 8BITMIME gets it as it is', async (t) => {
  const { network, submit, settled } = await openSender(t, { zone: twoExchanges })
  const server = await FakeServer.open(t)
  network.at(first, server.port)
  const journey = await settled(await submit(letter), 1)
  assert.match(server.letters[0]?.text ?? '', /K\xe1va/)
  assert.match(server.letters[0]?.mail ?? '', / BODY=8BITMIME/)
  assert.deepEqual(converted(journey.record), [])
})

test('what must not be changed comes back, and the report says why', async (t) => {
  const cases = [
    {
      header: 'MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=x\n',
      text: '--x\n\nK\xe1va\n--x\n\nsignature\n--x--',
      says: /it cannot be converted: they are in what is signed \(multipart\/signed\)/,
    },
    {
      header: 'X-Drink: K\xe1va\n',
      text: 'x',
      says: /it cannot be converted: they are in a header/,
    },
  ]
  for (const { says, ...one } of cases) {
    const { network, submit, settled, south } = await openSender(t, { zone: twoExchanges })
    const server = await FakeServer.open(t, sevenBit)
    network.at(first, server.port)
    const journey = await settled(await submit(one), 1)
    assert.deepEqual([journey.status, server.letters.length], ['failed', 0])
    const report = await reportIn(south)
    const [about] = report.type === 'dsn' ? report.recipients : []
    assert.equal(about?.status, '5.6.3')
    assert.match(journey.view.summary, says)
  }
})

const key = generateDkimKey('rsa')
const west: Zone = {
  ...southKeyZone(),
  ...twoExchanges,
  'far.example': { MX: ['10 mx.far.example'] },
  'mx.far.example': { A: ['203.0.113.77'] },
  'west.example': { TXT: [`v=spf1 ip4:${strangerIp} -all`] },
  's1._domainkey.west.example': { TXT: [formatKeyTxt(formatDkimRecord(key))] },
}

test('what a stranger signed and we hand on is sealed again: the chain holds, and says what was found', async (t) => {
  const [account, ...others] = await southAccounts()
  assert.ok(account !== undefined)
  const { network, settled, south } = await openSender(t, {
    zone: west,
    srs: { secret: 'a secret of the test', domain: 'south.example' },
    accounts: [account, ...others],
    aliases: [
      { address: 'gone@south.example', to: ['ann@north.example', 'ben@far.example'], send: false },
    ],
  })
  const server = await FakeServer.open(t, sevenBit)
  network.at(first, server.port)
  // The other one waits, so that the letter is kept, and its verdicts are made again at the end.
  const message = `From: Jo <jo@west.example>\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@west.example>\r\n\r\nK\xe1va, und so weiter, mit Milch\r\n`
  const signing = { domain: 'west.example', selector: 's1', privateKey: key.privateKey }
  const fields = signDkim(Buffer.from(message, 'latin1'), { keys: [signing], now: now() })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<jo@west.example> BODY=8BITMIME', 250)
  await talk.say('RCPT TO:<gone@south.example>', 250)
  const id = referenceIn(await talk.data(fields.join('') + message))
  await talk.quit()
  const journey = await settled(id, 2)
  assert.deepEqual(attempts(journey).toSorted(), ['deferred', 'delivered'])
  const octets = Buffer.from(server.letters[0]?.text ?? '', 'latin1')
  const resolver = new MemoryResolver(west)
  const arc = await verifyArc(octets, { resolver, now: now() })
  assert.equal(arc.result, 'pass')
  const [theirs] = await verifyDkim(octets, { resolver, now: now() })
  assert.deepEqual([theirs?.result, theirs?.domain], ['fail', 'west.example'])
  const head = octets.toString('latin1')
  assert.match(head, /^ARC-Authentication-Results: i=1; mx\.south\.example;[^]*?dkim=pass/m)
  assert.equal(head.split('\r\nARC-Message-Signature:').length, 2)
  assert.match(
    converted(journey.record)[0] ?? '',
    /^warn: .* It is sealed again by south\.example \(rsa\)\. The signature of west\.example \(s1\) was over the letter as it came, and no longer verifies\.$/,
  )
})
