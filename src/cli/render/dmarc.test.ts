import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluateDmarc } from '../../dmarc/dmarc.ts'
import { MemoryResolver, type Zone } from '../../dns/testing.ts'
import { publicSuffixes } from '../../inspect/public-suffixes.ts'
import { renderPolicy } from './dmarc.ts'

const zone: Zone = {
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.dept.north.example': { TXT: ['v=DMARC1; p=quarantine; psd=n'] },
  '_dmarc.co.uk': { TXT: ['v=DMARC1; p=reject; sp=none'] },
}

const cases: readonly (readonly [string, string])[] = [
  ['north.example', 'RFC 7489     reads it the same'],
  [
    'a.dept.north.example',
    'RFC 7489     reads it otherwise: policy reject, record of north.example and organization north.example',
  ],
  ['shop.co.uk', 'RFC 7489     reads it otherwise: no policy and organization shop.co.uk'],
  ['quiet.example', 'No policy: quiet.example and the domains above it publish no DMARC record.'],
]

for (const [domain, last] of cases) {
  test(`the policy of ${domain} is shown with the older reading`, async () => {
    const input = { from: { type: 'domain', domain }, spf: null, dkim: [] } as const
    const verdict = await evaluateDmarc(input, new MemoryResolver(zone), {
      publicSuffixList: publicSuffixes,
    })
    assert.equal(renderPolicy(domain, verdict).at(-1), last)
  })
}
