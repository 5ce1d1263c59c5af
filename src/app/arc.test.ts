import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sealArc } from '../arc/arc.ts'
import { formatDkimRecord, generateDkimKey } from '../dkim/dkim.ts'
import type { Zone } from '../dns/zone-table.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, storedText } from './test-support/test-site.ts'
import { northZone, receiver } from './test-support/south.ts'

const { privateKey, publicKey } = generateDkimKey('ed25519')
const zone: Zone = {
  ...northZone,
  'f._domainkey.forwarder.example': {
    TXT: [formatDkimRecord({ type: 'ed25519', publicKey })],
  },
}
const letter =
  'From: Sender <sender@north.example>\r\nTo: receiver@south.example\r\nSubject: x\r\n\r\nHello\r\n'

/** The letter as a forwarder sends it on: the sender's address stays, so neither SPF nor DKIM holds. */
function forwarded(now: number): string {
  const sealing = sealArc(Buffer.from(letter), {
    authservId: 'mx.forwarder.example',
    authenticationResults: 'spf=pass; dmarc=pass header.from=north.example',
    domain: 'forwarder.example',
    selector: 'f',
    privateKey,
    chain: { result: 'none' },
    now,
  })
  assert.ok(sealing.type === 'sealed')
  return sealing.fields.join('') + letter
}

test('a letter that a listed forwarder sealed is filed, and told and replayed with its chain', async (t) => {
  const rules = { trustedForwarders: ['forwarder.example'] }
  const south = await openTestSite(t, { zone, rules })
  const now = Math.floor(south.clock.now() / 1000)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const message = forwarded(now)
  const said = await talk.letter({ from: 'sender@north.example', to: receiver, message })
  assert.equal(said.code, 250)
  const id = referenceIn(said)
  const journey = await journeyIn(south.store, id)
  const { record, view } = journey
  const step = record.steps.find(({ type }) => type === 'arc')
  assert.ok(step?.type === 'arc' && step.verdict.result === 'pass')
  assert.equal(step.dns.length, 1)
  const told = view.steps.find(({ id: name }) => name === 'arc')
  assert.equal(told?.answer, 'forwarder.example sealed it, and it is as it was then.')
  assert.equal(told.evidence[0]?.name, 'f._domainkey.forwarder.example')
  const decision = record.steps.find(({ type }) => type === 'decision')
  assert.ok(decision?.type === 'decision')
  assert.equal(decision.decision.override?.type, 'trusted_forwarder')
  const text = (await storedText(south.store, id)).replace(/\r\n[ \t]+/g, ' ')
  assert.match(
    text,
    /; arc=pass header\.oldest-pass=0 smtp\.remote-ip=198\.51\.100\.66; dmarc=fail/,
  )

  const gone = await journey.replay({
    dns: [{ name: 'f._domainkey.forwarder.example', type: 'TXT', values: [] }],
  })
  assert.ok(gone.type === 'replayed')
  assert.equal(gone.firstDifference, 'arc')
})

test('the same letter sealed by nobody that is listed is refused', async (t) => {
  const south = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const message = forwarded(Math.floor(south.clock.now() / 1000))
  const said = await talk.letter({ from: 'sender@north.example', to: receiver, message })
  assert.equal(said.code, 550)
  const { record, view } = await journeyIn(south.store, referenceIn(said))
  const decision = record.steps.find(({ type }) => type === 'decision')
  assert.ok(decision?.type === 'decision')
  const considered = decision.decision.considered.find(({ evidence }) => evidence === 'arc')
  assert.match(considered?.because ?? '', /forwarder\.example is not among the trusted ones/)
  assert.equal(view.steps.find(({ id }) => id === 'arc')?.verdict, 'pass')
})
