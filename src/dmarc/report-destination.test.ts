import { test } from 'node:test'
import assert from 'node:assert/strict'
import type { Resolver } from '../dns/resolver.ts'
import { MemoryResolver, type Zone } from '../dns/testing.ts'
import { checkReportDestination } from './report-destination.ts'

const policy = { TXT: ['v=DMARC1; p=none'] }
const agreed = 'example.com._report._dmarc.reports.example'

interface Case {
  readonly title: string
  readonly names: Zone
  readonly uri?: string
  readonly policyDomain?: string
  readonly result: string
  readonly because?: string
  readonly override?: readonly string[]
}

const cases: readonly Case[] = [
  { title: 'the domain itself', names: {}, uri: 'mailto:r@example.com', result: 'internal' },
  {
    title: 'a name below, in one organization',
    names: { '_dmarc.example.com': policy },
    uri: 'mailto:r@in.example.com',
    result: 'internal',
  },
  {
    title: 'a name beside, in one organization',
    names: { '_dmarc.example.com': policy },
    policyDomain: 'a.example.com',
    uri: 'mailto:r@b.example.com',
    result: 'internal',
  },
  {
    title: 'a name below that is its own organization',
    names: {
      '_dmarc.example.com': policy,
      '_dmarc.in.example.com': { TXT: ['v=DMARC1; p=none; psd=n'] },
    },
    uri: 'mailto:r@in.example.com',
    result: 'unauthorized',
    because: 'no-record',
  },
  {
    title: 'a place that agreed',
    names: { [agreed]: { TXT: ['v=DMARC1'] } },
    result: 'authorized',
    override: [],
  },
  {
    title: 'a place that agreed, among other text',
    names: { [agreed]: { TXT: ['x', 'v=DMARC1;', 'v=DMARC1; p=none'] } },
    result: 'authorized',
    override: [],
  },
  {
    title: 'https is a place too',
    names: { [agreed]: { TXT: ['v=DMARC1'] } },
    uri: 'https://reports.example/in',
    result: 'authorized',
  },
  { title: 'a place that says nothing', names: {}, result: 'unauthorized', because: 'no-record' },
  {
    title: 'a place that says something else',
    names: { [agreed]: { TXT: ['hello'] } },
    result: 'unauthorized',
    because: 'no-record',
  },
  {
    title: 'a record that is no list of tags',
    names: { [agreed]: { TXT: ['v=DMARC1; bogus'] } },
    result: 'unauthorized',
    because: 'no-record',
  },
  {
    title: 'a record with a tag given twice',
    names: {
      [agreed]: { TXT: ['v=DMARC1; rua=mailto:a@reports.example; rua=mailto:b@reports.example'] },
    },
    result: 'unauthorized',
    because: 'no-record',
  },
  {
    title: 'another address at the same place',
    names: { [agreed]: { TXT: ['v=DMARC1; rua=mailto:new@reports.example'] } },
    result: 'authorized',
    override: ['mailto:new@reports.example'],
  },
  {
    title: 'an address at another place',
    names: { [agreed]: { TXT: ['v=DMARC1; rua=mailto:victim@elsewhere.example'] } },
    result: 'unauthorized',
    because: 'override-elsewhere',
  },
  {
    title: 'a question that is not answered',
    names: { [agreed]: { TXT: { error: 'SERVFAIL' } } },
    result: 'temperror',
  },
  {
    title: 'a walk that is not answered',
    names: { '_dmarc.example.com': { error: 'TIMEOUT' } },
    uri: 'mailto:r@in.example.com',
    result: 'temperror',
  },
  {
    title: 'a name that is too long to ask',
    names: {},
    policyDomain: Array.from({ length: 4 }, () => 'x'.repeat(60)).join('.'),
    result: 'unauthorized',
    because: 'name-too-long',
  },
  { title: 'no URI', names: {}, uri: 'r@reports.example', result: 'unusable' },
  { title: 'no host', names: {}, uri: 'mailto:', result: 'unusable' },
]

for (const {
  title,
  names,
  uri = 'mailto:r@reports.example',
  policyDomain = 'example.com',
  result,
  because,
  override,
} of cases) {
  test(`${title}: ${result}`, async () => {
    const verdict = await checkReportDestination({ policyDomain, uri }, new MemoryResolver(names))
    assert.equal(verdict.result, result)
    if (because !== undefined) assert.equal(Reflect.get(verdict, 'because'), because)
    if (override !== undefined) {
      assert.ok(verdict.result === 'authorized')
      assert.deepEqual(
        verdict.override.map((one) => one.uri),
        override,
      )
    }
    assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict)
  })
}

test('the tree of a place outside the organization is not walked', async () => {
  const asked: string[] = []
  const names = new MemoryResolver({ '_dmarc.example.com': policy })
  const resolver: Resolver = {
    resolve(name, type) {
      asked.push(name)
      return names.resolve(name, type)
    },
  }
  const input = { policyDomain: 'a.example.com', uri: 'mailto:r@in.reports.example' }
  await checkReportDestination(input, resolver)
  assert.deepEqual(asked, [
    '_dmarc.a.example.com',
    '_dmarc.example.com',
    '_dmarc.com',
    'a.example.com._report._dmarc.in.reports.example',
  ])
})
