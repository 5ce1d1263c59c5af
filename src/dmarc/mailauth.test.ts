import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { dmarc } from 'mailauth/lib/dmarc/index.js'
import { MemoryResolver, type Zone, type ZoneName } from '../dns/testing.ts'
import { evaluateDmarc } from './dmarc.ts'

/** Answers mailauth's questions from a zone, in the manner of `dns.promises.resolve`. */
function nodeResolver(names: Zone) {
  const memory = new MemoryResolver(names)
  return async (name: string, type: string): Promise<string[][] | string[]> => {
    const asked = type === 'CNAME' || type === 'TXT' ? type : 'A'
    const answer = await memory.resolve(name, asked)
    if (answer.type === 'found') {
      return asked === 'TXT' ? answer.records.map((text) => [text]) : [...answer.records]
    }
    const code = { noName: 'ENOTFOUND', noData: 'ENODATA', failed: 'ESERVFAIL' }[answer.type]
    throw Object.assign(new Error(code), { code })
  }
}

const label = fc.constantFrom('a', 'b', 'c')
const name = fc

  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.array(label, { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.array(label, { minLength: 4, maxLength: 9 }) },
    ),
    fc.constantFrom('x.test', 'y.test', 'test', 'x.other'),
  )
  .map(([labels, top]) => [...labels, top].join('.'))
const tag = fc.constantFrom(
  'p=reject',
  'p=quarantine',
  'p=none',
  'p=x',
  'sp=none',
  'sp=quarantine',
  'np=reject',
  'np=x',
  'psd=y',
  'psd=n',
  'psd=u',
  't=y',
  'pct=0',
  'adkim=s',
  'aspf=s',
  'rua=mailto:a@b.example',
  'rua=none',
  'x=1',
)
const record = fc
  .uniqueArray(tag, { maxLength: 5, selector: (one) => one.split('=')[0] })
  .map((tags) => ['v=DMARC1', ...tags].join('; '))
const entry: fc.Arbitrary<ZoneName> = fc.oneof(
  { weight: 8, arbitrary: record.map((one) => ({ TXT: [one] })) },
  { weight: 1, arbitrary: fc.constant({ TXT: ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] }) },
  { weight: 1, arbitrary: fc.constant({ TXT: ['something else'] }) },
  { weight: 1, arbitrary: fc.constant({ TXT: { error: 'SERVFAIL' } as const }) },
)

test('mailauth in strict mode comes to the same result, policy and organization', async () => {
  const names = fc.tuple(
    fc.dictionary(
      name.map((one) => `_dmarc.${one}`),
      entry,
      { minKeys: 1, maxKeys: 5 },
    ),
    fc.dictionary(name, fc.constant({ A: ['192.0.2.1'] }), { maxKeys: 3 }),
  )
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(
      names,
      name,
      fc.array(name, { maxLength: 2 }),
      fc.array(name, { maxLength: 2 }),
      async ([records, hosts], author, spf, dkim) => {
        const zone = { ...records, ...hosts }
        const pass = (domain: string) => ({ result: 'pass', domain })
        const input = {
          from: { type: 'domain', domain: author },
          spf: spf.map(pass)[0] ?? null,
          dkim: dkim.map(pass),
        } as const
        const ours = await evaluateDmarc(input, new MemoryResolver(zone))
        const theirs = await dmarc({
          headerFrom: [`u@${author}`],
          spfDomains: spf.slice(0, 1),
          dkimDomains: dkim.map((domain) => ({ domain })),
          resolver: nodeResolver(zone),
          strict: true,
        })
        assert.ok(theirs !== false)
        assert.equal(ours.result, theirs.status.result)
        seen.set(ours.result, (seen.get(ours.result) ?? 0) + 1)
        if (ours.result !== 'pass' && ours.result !== 'fail') return
        assert.equal(ours.disposition, theirs.policy)
        // Where a DNS error keeps it unknown, they name the author.
        if (ours.orgDomain !== null) assert.equal(ours.orgDomain, theirs.domain)
        assert.equal(ours.spfAligned, theirs.alignment?.spf.result !== undefined)
        assert.equal(ours.dkimAligned, theirs.alignment?.dkim.result !== undefined)
      },
    ),
    { numRuns: 3000 },
  )
  // Otherwise alignment would never be compared.
  assert.ok((seen.get('pass') ?? 0) > 50 && (seen.get('fail') ?? 0) > 50, JSON.stringify([...seen]))
})
