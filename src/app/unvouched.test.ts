/**
 * A stranger who writes in the name of one of our own domains, of a domain that does not exist or of one
 * whose SPF forbids it: where the letter is filed, and what the record says.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Zone } from '../dns/zone-table.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite } from './test-support/test-site.ts'
import { receiver } from './test-support/south.ts'

/** What `config dns` prints for a new domain (DMARC only watches), and one domain that has only SPF. */
const zone: Zone = {
  'south.example': { TXT: ['v=spf1 a:mx.south.example -all'], MX: ['10 mx.south.example'] },
  'mx.south.example': { A: ['192.0.2.25'] },
  '_dmarc.south.example': { TXT: ['v=DMARC1; p=none'] },
  'north.example': { TXT: ['v=spf1 ip4:192.0.2.10 -all'], MX: ['10 mx.north.example'] },
  'mx.north.example': { A: ['192.0.2.10'] },
  'list.example': { TXT: ['v=spf1 ip4:198.51.100.66 -all'], MX: ['10 mx.north.example'] },
}
const withoutDmarc: Zone = { ...zone, '_dmarc.south.example': {} }

const inOurName = /south\.example is our own domain, and nothing of it vouches for this message/
const nobody = /nowhere\.example does not exist/
const forbidden = /north\.example says that 198\.51\.100\.66 may not send its mail \(SPF\)/

const ours: Partial<DecisionRules> = { ownDomains: ['south.example'], onOwnDomain: 'junk' }
const boss = 'boss@south.example'

interface Letter {
  readonly name: string
  readonly zone?: Zone
  readonly rules: Partial<DecisionRules>
  readonly from: string
  readonly author: string
  readonly filed: 'Inbox' | 'Junk'
  readonly because: RegExp
}

const letters: readonly Letter[] = [
  {
    name: 'our own name, under p=none',
    rules: ours,
    from: boss,
    author: boss,
    filed: 'Junk',
    because: inOurName,
  },
  {
    name: 'our own name, without a policy',
    zone: withoutDmarc,
    rules: ours,
    from: boss,
    author: boss,
    filed: 'Junk',
    because: inOurName,
  },
  {
    name: 'our own name inside, an honest envelope of somebody else',
    rules: ours,
    from: 'bounce@list.example',
    author: boss,
    filed: 'Junk',
    because: inOurName,
  },
  {
    name: 'our own name, where the settings only want it said',
    rules: { ...ours, onOwnDomain: 'deliver' },
    from: boss,
    author: boss,
    filed: 'Inbox',
    because: inOurName,
  },
  {
    name: 'a domain that does not exist',
    rules: { ...ours, onMissingDomain: 'deliver' },
    from: 'bounce@list.example',
    author: 'x@nowhere.example',
    filed: 'Inbox',
    because: nobody,
  },
  {
    name: 'a domain that does not exist, where the settings want Junk',
    rules: { ...ours, onMissingDomain: 'junk' },
    from: 'bounce@list.example',
    author: 'x@nowhere.example',
    filed: 'Junk',
    because: nobody,
  },
  {
    name: 'a domain whose SPF forbids it, without DMARC',
    rules: { ...ours, onSpfFail: 'deliver' },
    from: 'x@north.example',
    author: 'x@north.example',
    filed: 'Inbox',
    because: forbidden,
  },
  {
    name: 'a domain whose SPF forbids it, where the settings want Junk',
    rules: { ...ours, onSpfFail: 'junk' },
    from: 'x@north.example',
    author: 'x@north.example',
    filed: 'Junk',
    because: forbidden,
  },
]

for (const { name, from, author, rules, filed, because, ...more } of letters) {
  test(`a stranger with ${name}: ${filed}, and the decision says why`, async (t) => {
    const south = await openTestSite(t, { zone: more.zone ?? zone, rules })
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    const message = `From: ${author}\nTo: ${receiver}\nSubject: x\n\nHello\n`
    const said = await talk.letter({ from, to: receiver, message })
    assert.equal(said.code, 250)
    const places = await south.store.mailboxes.items({})
    assert.deepEqual(
      places.map(({ mailbox, account }) => [mailbox, account]),
      [[filed, receiver]],
    )
    const { view } = await journeyIn(south.store, referenceIn(said))
    const decision = view.steps.find(({ id }) => id === 'decision')
    assert.match(JSON.stringify(decision), because)
  })
}

test('mail that our own domain vouches for is filed without a word', async (t) => {
  const vouching = { ...zone, 'south.example': { TXT: ['v=spf1 ip4:198.51.100.66 -all'] } }
  const south = await openTestSite(t, { zone: vouching, rules: ours })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const message = `From: ${boss}\nTo: ${receiver}\nSubject: x\n\nHello\n`
  const said = await talk.letter({ from: boss, to: receiver, message })
  assert.deepEqual(
    (await south.store.mailboxes.items({})).map(({ mailbox }) => mailbox),
    ['Inbox'],
  )
  const { view } = await journeyIn(south.store, referenceIn(said))
  assert.doesNotMatch(JSON.stringify(view), /our own domain/)
})
