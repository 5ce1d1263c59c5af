import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryResolver } from '../dns/testing.ts'
import { evaluateDmarc, parsePublicSuffixList, type Rfc7489Reading } from './dmarc.ts'

const publicSuffixList = parsePublicSuffixList(`// ===BEGIN ICANN DOMAINS===
com
uk
co.uk
*.ck
!www.ck
// ===END ICANN DOMAINS===
// ===BEGIN PRIVATE DOMAINS===
blogspot.com
// ===END PRIVATE DOMAINS===
`)

interface Case {
  /** What the case is about, with the section that decides. */
  readonly why: string
  readonly from: string
  /** The records by domain; several values are several records, an object is a fault. */
  readonly records: Readonly<Record<string, string | readonly string[] | { error: 'SERVFAIL' }>>
  /** `pass`, or another result behind a space, for a domain. */
  readonly spf?: string
  readonly dkim?: readonly string[]
  readonly expected: Partial<Rfc7489Reading>
}

const reject = 'v=DMARC1; p=reject'

const cases: readonly Case[] = [
  {
    why: '§6.6.3: the record of the author domain, and its p',
    from: 'example.com',
    records: { 'example.com': 'v=DMARC1; p=quarantine; sp=reject' },
    expected: { result: 'fail', policy: 'quarantine', recordDomain: 'example.com' },
  },
  {
    why: '§6.3 sp: of the organizational domain, for a domain below it',
    from: 'a.b.example.com',
    records: { 'example.com': 'v=DMARC1; p=quarantine; sp=none' },
    expected: { result: 'fail', policy: 'none', recordDomain: 'example.com' },
  },
  {
    why: '§6.6.3 step 3: nothing between the two is asked',
    from: 'a.b.example.com',
    records: { 'b.example.com': reject, 'example.com': 'v=DMARC1; p=none' },
    expected: { policy: 'none', orgDomain: 'example.com' },
  },
  {
    why: '§3.2: two labels of suffix',
    from: 'a.b.example.co.uk',
    records: { 'example.co.uk': reject, 'co.uk': 'v=DMARC1; p=none' },
    expected: { policy: 'reject', orgDomain: 'example.co.uk' },
  },
  {
    why: '§3.2: a wildcard rule',
    from: 'x.shop.any.ck',
    records: { 'shop.any.ck': reject, 'any.ck': 'v=DMARC1; p=none' },
    expected: { policy: 'reject', orgDomain: 'shop.any.ck' },
  },
  {
    why: '§3.2: an exception to it',
    from: 'x.www.ck',
    records: { 'www.ck': reject },
    expected: { policy: 'reject', orgDomain: 'www.ck' },
  },
  {
    why: '§3.2: names of the private section belong to who runs them',
    from: 'ann.blogspot.com',
    records: { 'blogspot.com': reject },
    expected: { policy: 'reject', orgDomain: 'blogspot.com' },
  },
  {
    why: '§3.2: a public suffix stands for itself',
    from: 'co.uk',
    records: { 'co.uk': reject, uk: 'v=DMARC1; p=none' },
    expected: { policy: 'reject', orgDomain: 'co.uk' },
  },
  {
    why: '§6.6.3 step 5: several records end the search',
    from: 'a.example.com',
    records: { 'a.example.com': [reject, reject], 'example.com': reject },
    expected: { result: 'none', recordDomain: null },
  },
  {
    why: '§6.6.3 step 2: what is no record of DMARC does not',
    from: 'a.example.com',
    records: { 'a.example.com': ['v=spf1 -all', 'v=DMARC2; p=none'], 'example.com': reject },
    expected: { result: 'fail', recordDomain: 'example.com' },
  },
  {
    why: '§6.6.3 step 6: no p and no rua',
    from: 'example.com',
    records: { 'example.com': 'v=DMARC1; adkim=s' },
    expected: { result: 'none', policy: null },
  },
  {
    why: '§6.6.3 step 6: a wrong sp, with a rua',
    from: 'example.com',
    records: { 'example.com': 'v=DMARC1; p=reject; sp=x; rua=mailto:d@example.com' },
    expected: { result: 'fail', policy: 'none' },
  },
  {
    why: '§6.3: np is unknown, so a wrong one does no harm',
    from: 'example.com',
    records: { 'example.com': 'v=DMARC1; p=reject; np=x' },
    expected: {
      result: 'fail',
      policy: 'reject',
      differs: true,
      what: ['result', 'policy', 'record-domain'],
    },
  },
  {
    why: '§6.3: np is unknown, so names that do not exist have sp',
    from: 'ghost.example.com',
    records: { 'example.com': 'v=DMARC1; p=none; sp=quarantine; np=reject' },
    expected: { policy: 'quarantine', what: ['policy'] },
  },
  {
    why: '§6.3: t and psd are unknown',
    from: 'a.example.com',
    records: { 'a.example.com': 'v=DMARC1; p=reject; t=y; psd=n', 'example.com': reject },
    expected: { policy: 'reject', orgDomain: 'example.com', what: ['organizational-domain'] },
  },
  {
    why: '§3.1: relaxed alignment is a matter of the list, and not of records',
    from: 'a.example.com',
    records: { 'a.example.com': 'v=DMARC1; p=reject; psd=n' },
    dkim: ['pass b.example.com'],
    expected: { result: 'pass', dkimAligned: true },
  },
  {
    why: '§3.1: strict alignment',
    from: 'a.example.com',
    records: { 'example.com': 'v=DMARC1; p=reject; adkim=s; aspf=s' },
    spf: 'pass example.com',
    dkim: ['pass example.com', 'pass b.a.example.com'],
    expected: { result: 'fail', dkimAligned: false, spfAligned: false },
  },
  {
    why: '§3.1: two customers of a suffix are two organizations',
    from: 'a.co.uk',
    records: { 'a.co.uk': reject },
    spf: 'pass b.co.uk',
    expected: { result: 'fail', spfAligned: false },
  },
  {
    why: '§6.6.3: DNS did not answer',
    from: 'a.example.com',
    records: { 'a.example.com': { error: 'SERVFAIL' }, 'example.com': reject },
    dkim: ['pass a.example.com'],
    expected: { result: 'temperror', policy: null },
  },
  {
    why: '§6.6.2: what might still pass has not failed',
    from: 'a.example.com',
    records: { 'example.com': reject },
    spf: 'fail a.example.com',
    dkim: ['temperror b.example.com'],
    expected: { result: 'temperror', policy: 'reject' },
  },
  {
    why: '§6.3 pct: 100 when it is wrong',
    from: 'example.com',
    records: { 'example.com': 'v=DMARC1; p=reject; pct=101' },
    expected: { percent: 100 },
  },
  {
    why: '§6.3 pct: 0 is a share, too',
    from: 'example.com',
    records: { 'example.com': 'v=DMARC1; p=reject; pct=0' },
    expected: { percent: 0, policy: 'reject' },
  },
]

function authenticated(text: string) {
  const [result = '', domain = ''] = text.split(' ')
  return { result, domain }
}

for (const { why, from, records, spf, dkim = [], expected } of cases) {
  test(`RFC 7489 ${why}`, async () => {
    const zone = Object.entries(records).map(([domain, found]) => {
      const texts = typeof found === 'string' ? [found] : found
      return [`_dmarc.${domain}`, { TXT: texts }] as const
    })
    const input = {
      from: { type: 'domain', domain: from },
      spf: spf === undefined ? null : authenticated(spf),
      dkim: dkim.map(authenticated),
    } as const
    const resolver = new MemoryResolver(Object.fromEntries(zone))
    const { rfc7489 } = await evaluateDmarc(input, resolver, { publicSuffixList })
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(Reflect.get(rfc7489 ?? {}, key), value, key)
    }
  })
}
