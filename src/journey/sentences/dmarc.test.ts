import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluateDmarc } from '../../dmarc/dmarc.ts'
import { MemoryResolver, type Zone } from '../../dns/testing.ts'
import { publicSuffixes } from '../../inspect/public-suffixes.ts'
import { tellDmarc } from './verdicts.ts'

const zone: Zone = {
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] },
  // A department that counts as an organization of its own; the list knows nothing of it.
  '_dmarc.dept.north.example': { TXT: ['v=DMARC1; p=quarantine; psd=n'] },
  // A record at a public suffix, which RFC 7489 never asks.
  '_dmarc.co.uk': { TXT: ['v=DMARC1; p=reject; sp=none'] },
  // `np` is younger than RFC 7489.
  '_dmarc.strict.example': { TXT: ['v=DMARC1; p=none; np=reject'] },
  '_dmarc.down.example': { error: 'SERVFAIL' },
}

const cases: readonly (readonly [string, string | null, string])[] = [
  ['north.example', 'north.example', 'SPF vouches for north.example (it asks: reject others).'],
  ['north.example', null, 'Nobody vouches for north.example, and north.example asks: reject.'],
  [
    'a.dept.north.example',
    'north.example',
    'Nobody vouches for a.dept.north.example, and a.dept.north.example asks: mark as spam. By RFC 7489 it would be otherwise: result pass, policy reject, record of north.example, organization north.example and SPF vouches.',
  ],
  [
    'shop.co.uk',
    'other.co.uk',
    'SPF vouches for shop.co.uk (it only watches). By RFC 7489 it would be otherwise: no policy, organization shop.co.uk and SPF does not vouch.',
  ],
  [
    'gone.strict.example',
    null,
    'Nobody vouches for gone.strict.example, and gone.strict.example asks: reject. By RFC 7489 it would be otherwise: policy none.',
  ],
  // Nothing is published, so nothing hangs on what the organization is.
  ['a.b.quiet.example', null, 'a.b.quiet.example publishes no DMARC policy.'],
  ['down.example', null, 'DNS did not answer, so it is not known.'],
]

for (const [author, vouching, answer] of cases) {
  test(`DMARC of ${author} is told with ${vouching ?? 'nobody'} to vouch for it`, async () => {
    const from = { type: 'domain', domain: author } as const
    const spf = vouching === null ? null : ({ result: 'pass', domain: vouching } as const)
    const resolver = new MemoryResolver(zone)
    const verdict = await evaluateDmarc({ from, spf, dkim: [] }, resolver, {
      publicSuffixList: publicSuffixes,
    })
    assert.equal(tellDmarc(verdict).answer, answer)
  })
}
