/** The slow obvious way to read RFC 9989, and the evaluator beside it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MemoryResolver, type Zone } from '../dns/testing.ts'
import { evaluateDmarc } from './dmarc.ts'

type Tags = Readonly<Record<string, string>>
type Entry = NonNullable<Zone[string]>
type Found = readonly (readonly [domain: string, tags: Tags])[]

const policies = ['none', 'quarantine', 'reject']

/** §4.7, §4.8: the tags with their defaults; `{}` asks for nothing; undefined is no record. */
function readRecord(text: string): Tags | undefined {
  const [version = '', ...pieces] = text.split(';')
  const [name = '', value = ''] = version.split('=')
  if (name.trim().toLowerCase() !== 'v' || value.trim() !== 'DMARC1') return undefined
  const tags: Record<string, string> = {}
  for (const piece of pieces) {
    const [tag = '', ...rest] = piece.split('=')
    if (rest.length === 0) continue
    const key = tag.trim().toLowerCase()
    // RFC 6376 §3.2: "the entire tag-list is invalid"
    if (key in tags) return undefined
    tags[key] = rest.join('=').trim()
  }
  const word = (key: string, known: readonly string[], otherwise: string): string => {
    const found = tags[key]?.toLowerCase() ?? ''
    return known.includes(found) ? found : otherwise
  }
  const asked = ['p', 'sp', 'np'].map((key) => tags[key]?.toLowerCase())
  const [p, sp, np] = asked
  // §4.10.1: "a valid "p" tag, or contains an "sp" or "np" tag that is not valid"
  const valid = p !== undefined && asked.every((one) => one === undefined || policies.includes(one))
  const silent = (tags['rua'] ?? '').split(',').every((uri) => !/^[a-z]+:[^!]+$/i.test(uri.trim()))
  return {
    psd: word('psd', ['y', 'n'], 'u'),
    t: word('t', ['y'], 'n'),
    adkim: word('adkim', ['s'], 'r'),
    aspf: word('aspf', ['s'], 'r'),
    ...(valid ? { p, sp: sp ?? p, np: np ?? sp ?? p } : {}),
    ...(!valid && !silent ? { p: 'none', sp: 'none', np: 'none' } : {}),
  }
}

/** `undefined` stands for a question that was not answered. */
function entry(zone: Zone, name: string, type: 'A' | 'TXT'): Entry | null | undefined {
  const found = zone[name]
  if (found === undefined) return null
  const part = 'error' in found ? found : found[type]
  if (typeof part !== 'object' || !('error' in part)) return found
  return part.error === 'NXDOMAIN' ? null : undefined
}

/** §4.10: each step spelled out. */
function walk(zone: Zone, start: string): { readonly found: Found; readonly failed: boolean } {
  const labels = start.split('.')
  const names = [labels]
  for (let rest = labels.length < 8 ? labels.slice(1) : labels.slice(-7); rest.length > 0; ) {
    names.push(rest)
    rest = rest.slice(1)
  }
  const found: (readonly [string, Tags])[] = []
  for (const name of names.map((one) => one.join('.'))) {
    const there = entry(zone, `_dmarc.${name}`, 'TXT')
    if (there === undefined) return { found, failed: true }
    const texts = there === null || 'error' in there || !Array.isArray(there.TXT) ? [] : there.TXT
    const whole = texts.map((text: string | readonly string[]) => [text].flat().join(''))
    const meant = whole.filter((text) => /^v\s*=\s*DMARC1\s*(;|$)/i.test(text))
    const exact = meant.filter((text) => text.includes('DMARC1'))
    const tags = exact.length === 1 ? readRecord(exact[0] ?? '') : undefined
    if (tags === undefined) continue
    found.push([name, tags])
    if (tags['psd'] !== 'u') break
  }
  return { found, failed: false }
}

/** §4.10.2 */
function organization(start: string, found: Found): string {
  for (const [name, { psd }] of found) {
    if (psd === 'n') return name
    if (psd === 'y' && name !== start) {
      return start
        .split('.')
        .slice(-name.split('.').length - 1)
        .join('.')
    }
  }
  return found.at(-1)?.[0] ?? start
}

interface Given {
  readonly author: string
  readonly spf: { readonly result: string; readonly domain: string } | null
  readonly dkim: readonly { readonly result: string; readonly domain: string }[]
}

interface Told {
  /** Any of them: where a question stays open, a comparison that cannot align may settle it. */
  readonly result: readonly string[]
  readonly policy?: readonly (string | undefined)[]
  readonly testing?: boolean
  readonly orgDomain?: string | null
  readonly aligned?: readonly boolean[]
}

function judge(zone: Zone, { author, spf, dkim }: Given): Told {
  const { found, failed } = walk(zone, author)
  const orgDomain = failed ? null : organization(author, found)
  const own = found.find(([name]) => name === author)
  if (own === undefined && failed) return { result: ['temperror'] }
  const [, tags] = own ?? found.find(([name]) => name === orgDomain) ?? found.at(-1) ?? []
  if (tags?.['p'] === undefined) return { result: ['none'], orgDomain }
  const host = entry(zone, author, 'A')
  const below = host === undefined ? ['sp', 'np'] : [host === null ? 'np' : 'sp']
  const policy = [...new Set((own === undefined ? below : ['p']).map((key) => tags[key]))]
  let open = policy.length > 1
  const aligns = (domain: string, mode: string | undefined): boolean | undefined => {
    if (domain === author) return true
    if (mode === 's') return false
    const other = walk(zone, domain)
    if (other.failed || orgDomain === null) return undefined
    return organization(domain, other.found) === orgDomain
  }
  const weigh = (one: Given['dkim'][number], mode: string | undefined): boolean => {
    const might = one.result === 'pass' || one.result === 'temperror'
    const aligned = might ? aligns(one.domain, mode) : false
    if (aligned === undefined || (aligned && one.result === 'temperror')) open = true
    return aligned === true && one.result === 'pass'
  }
  const spfAligned = spf !== null && weigh(spf, tags['aspf'])
  const dkimAligned = dkim.map((one) => weigh(one, tags['adkim'])).includes(true)
  const passes = spfAligned || dkimAligned
  // A name that is not under the same top can be told apart without the walk that failed.
  const result = passes ? ['pass'] : open ? ['temperror', 'fail'] : ['fail']
  const aligned = [spfAligned, dkimAligned]
  return { result, policy, testing: tags['t'] === 'y', orgDomain, aligned }
}

const name = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }) },
      {
        weight: 2,
        arbitrary: fc.array(fc.constantFrom('a', 'b'), { minLength: 5, maxLength: 9 }),
      },
    ),
    fc.constantFrom('x.test', 'y.test', 'test', 'co.other'),
  )
  .map(([labels, top]) => [...labels, top].join('.'))

const values: Readonly<Record<string, readonly string[]>> = {
  p: ['none', 'quarantine', 'reject', 'Reject', 'REJECT', 'block', ''],
  sp: ['none', 'quarantine', 'reject', 'x'],
  np: ['none', 'quarantine', 'reject', ''],
  psd: ['y', 'n', 'u', 'Y', 'N', 'x', 'yy'],
  t: ['y', 'n', 'Y', '1'],
  adkim: ['r', 's', 'S', 'strict'],
  aspf: ['r', 's', 'S', ''],
  rua: ['mailto:a@b.test', 'a@b.test', 'x, mailto:a@b.test', ''],
  pct: ['0', '50'],
  x: ['1', 'a=b'],
}
const space = fc.constantFrom('', '', '', ' ', '\t', '  ')
const tag = fc
  .constantFrom('p', 'p', 'p', 'psd', 'psd', ...Object.keys(values))
  .chain((key) =>
    fc.tuple(
      space,
      fc.constantFrom(key, key, key.toUpperCase()),
      space,
      fc.constantFrom(...(values[key] ?? [''])),
      space,
    ),
  )
  .map(([a, key, b, value, c]) => `${a}${key}${b}=${b}${value}${c}`)
const record = fc
  .tuple(
    fc.constantFrom('v=DMARC1', 'v=DMARC1', 'v=DMARC1', 'V = DMARC1 ', 'v=dmarc1', 'v=DMARC1x'),
    fc.array(tag, { maxLength: 6 }),
    fc.constantFrom('', ';', '; ', ';;', '; junk'),
  )
  .map(([version, tags, end]) => `${[version, ...tags].join(';')}${end}`)
const policyName: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 12, arbitrary: record.map((one) => ({ TXT: [one] })) },
  {
    weight: 2,
    arbitrary: fc.tuple(record, fc.nat(30)).map(([one, at]) => {
      return { TXT: [[one.slice(0, at), one.slice(at)], 'v=spf1 -all'] }
    }),
  },
  { weight: 1, arbitrary: fc.tuple(record, record).map((both) => ({ TXT: both })) },
  { weight: 1, arbitrary: fc.constantFrom('SERVFAIL', 'NXDOMAIN').map((error) => ({ error })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('TIMEOUT', 'NXDOMAIN').map((error) => ({ TXT: { error } })),
  },
) as fc.Arbitrary<Entry>
const hostName = fc.constantFrom<Entry>(
  { A: ['192.0.2.1'] },
  { MX: ['10 mx.test'] },
  {},
  { error: 'SERVFAIL' },
  { A: { error: 'NXDOMAIN' } },
)
const result = fc.record({
  result: fc.constantFrom('pass', 'pass', 'pass', 'fail', 'temperror', 'none'),
  domain: name,
})

test('the evaluator says what the slow obvious reading of RFC 9989 says', async () => {
  const given = fc.tuple(
    name,
    fc.array(fc.tuple(name, policyName), { maxLength: 4 }),
    // By how many labels the name above the author is shorter.
    fc.array(fc.tuple(fc.nat(9), policyName), { maxLength: 5 }),
    fc.option(hostName),
    fc.option(result),
    fc.array(result, { maxLength: 2 }),
    // An identifier near the author, where alignment is decided.
    fc.tuple(fc.constantFrom('', 'a.', 'b.'), fc.nat(9)),
  )
  let compared = 0
  await fc.assert(
    fc.asyncProperty(given, async ([author, records, above, host, spf, others, near]) => {
      const shorter = (by: number): string => author.split('.').slice(by).join('.')
      const zone: Zone = Object.fromEntries([
        ...records.map(([domain, found]) => [`_dmarc.${domain}`, found] as const),
        ...above.map(([by, found]) => [`_dmarc.${shorter(by)}`, found] as const),
        ...(host === null ? [] : [[author, host] as const]),
      ])
      const dkim = [...others, { result: 'pass', domain: `${near[0]}${shorter(near[1])}` }]
      const wanted = judge(zone, { author, spf, dkim })
      const from = { type: 'domain', domain: author } as const
      const got = await evaluateDmarc({ from, spf, dkim }, new MemoryResolver(zone))
      assert.ok(wanted.result.includes(got.result), `${got.result}, not ${wanted.result.join()}`)
      if (wanted.policy !== undefined) assert.ok(wanted.policy.includes(got.policy ?? undefined))
      if (wanted.testing !== undefined) assert.equal(got.testing, wanted.testing)
      if (wanted.orgDomain !== undefined) assert.equal(got.orgDomain, wanted.orgDomain)
      if (wanted.aligned === undefined) return
      compared++
      assert.deepEqual([got.spfAligned, got.dkimAligned], wanted.aligned)
    }),
    { numRuns: 3000 },
  )
  assert.ok(compared > 150, `only ${compared} alignments were compared`)
})
