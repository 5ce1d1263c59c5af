/** RFC 7208 §6.2. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { checkSpf, type SpfInput } from './spf.ts'

const client: SpfInput = {
  ip: '192.0.2.1',
  helo: 'mail.north.example',
  mailFrom: 'joe@north.example',
  receiver: 'mx.south.example',
  now: 1_700_000_000.9,
}

async function explanation(zone: Zone, input: Partial<SpfInput> = {}): Promise<string | undefined> {
  const verdict = await checkSpf({ ...client, ...input }, new MemoryResolver(zone))
  assert.ok(verdict.result === 'fail', verdict.result)
  return verdict.explanation
}

/** What north.example says when `text` is published as its explanation. */
function says(text: string | string[], input: Partial<SpfInput> = {}): Promise<string | undefined> {
  const record = 'v=spf1 -all exp=why.%{d}'
  return explanation(
    { 'north.example': { TXT: [record] }, 'why.north.example': { TXT: [text] } },
    input,
  )
}

test('the text is expanded with all macros, and keeps its spaces and its last dot', async () => {
  assert.equal(await says('No.'), 'No.')
  assert.equal(await says(['one', ' two', 'three']), 'one twothree')
  assert.equal(
    await says('%{c} %{i} %{r} %{t} %{d} %{o} %{h} %{p}'),
    '192.0.2.1 192.0.2.1 mx.south.example 1700000000 north.example north.example mail.north.example unknown',
  )
  assert.equal(await says('%{c}', { ip: '2001:DB8:0::1' }), '2001:db8::1')
  assert.equal(
    await says('see http://%{d}/?s=%{S}&i=%{I}'),
    'see http://north.example/?s=joe%40north.example&i=192.0.2.1',
  )
})

test('the receiver\'s name is "unknown" and the time 0 when they are not given', async () => {
  const record = { 'north.example': { TXT: ['v=spf1 -all exp=why.north.example'] } }
  const { receiver: _receiver, now: _now, ...bare } = client
  const zone = { ...record, 'why.north.example': { TXT: ['%{r} %{t}'] } }
  const verdict = await checkSpf(bare, new MemoryResolver(zone))
  assert.equal(verdict.result === 'fail' && verdict.explanation, 'unknown 0')
})

test('a target that cannot be asked for is not asked for', async () => {
  const asked: string[] = []
  const inner = new MemoryResolver({
    'north.example': { TXT: ['v=spf1 -all exp=%{h}'] },
    'mail.north.example': { TXT: ['No.'] },
    localhost: { TXT: ['No.'] },
  })
  const resolver: Resolver = {
    resolve: (name, type) => {
      asked.push(name)
      return inner.resolve(name, type)
    },
  }
  const told = async (helo: string): Promise<string | undefined> => {
    const verdict = await checkSpf({ ...client, helo }, resolver)
    return verdict.result === 'fail' ? verdict.explanation : verdict.result
  }
  assert.equal(await told('mail.north.example'), 'No.')
  for (const helo of ['localhost', '192.0.2.1', '']) assert.equal(await told(helo), undefined)
  assert.deepEqual(
    asked.filter((name) => name !== 'north.example'),
    ['mail.north.example'],
  )
})

test('what cannot be used is as if it were not there', async () => {
  const record = { 'north.example': { TXT: ['v=spf1 -all exp=why.north.example'] } }
  const useless: readonly Zone[] = [
    {},
    { 'why.north.example': { A: ['192.0.2.1'] } },
    { 'why.north.example': { error: 'TIMEOUT' } },
    { 'why.north.example': { TXT: { error: 'SERVFAIL' } } },
    { 'why.north.example': { TXT: ['one', 'two'] } },
    { 'why.north.example': { TXT: [''] } },
    { 'why.north.example': { TXT: ['the %{x}-files'] } },
    { 'why.north.example': { TXT: ['%{d'] } },
    { 'why.north.example': { TXT: ['\xef\xbb\xbfExplanation'] } },
    { 'why.north.example': { TXT: ['two\r\nlines'] } },
    { 'why.north.example': { TXT: ['a\0b'] } },
  ]
  for (const zone of useless) assert.equal(await explanation({ ...record, ...zone }), undefined)
  for (const exp of ['a..b.example', `${'x'.repeat(64)}.example`, '%{h}']) {
    const zone = { 'north.example': { TXT: [`v=spf1 -all exp=${exp}`] } }
    assert.equal(await explanation(zone, { helo: 'localhost' }), undefined)
  }
})

test('nothing that a client says can break out of the line of a reply', async () => {
  assert.equal(await says('hello %{h}', { helo: 'a\r\n250 ok' }), undefined)
  assert.equal(await says('hello %{l}', { mailFrom: 'jö@north.example' }), undefined)
  assert.equal(await says('hello %{L}', { mailFrom: 'jö@north.example' }), 'hello j%C3%B6')
  const long = await says('%{h}', { helo: 'h'.repeat(100_000) })
  assert.equal(long?.length, 450)
})

test('a redirect explains with its own words, an include never does', async () => {
  const zone = {
    'first.example': { TXT: ['v=spf1 redirect=last.example exp=first-why.example'] },
    'last.example': { TXT: ['v=spf1 -all exp=last-why.example'] },
    'mute.example': { TXT: ['v=spf1 redirect=plain.example exp=first-why.example'] },
    'plain.example': { TXT: ['v=spf1 -all'] },
    'outer.example': { TXT: ['v=spf1 -include:yes.example exp=first-why.example'] },
    'yes.example': { TXT: ['v=spf1 include:last.example all exp=last-why.example'] },
    'first-why.example': { TXT: ['first %{d}'] },
    'last-why.example': { TXT: ['last %{d} %{o}'] },
  }
  const of = (domain: string): Promise<string | undefined> =>
    explanation(zone, { mailFrom: `joe@${domain}` })
  assert.equal(await of('first.example'), 'last last.example first.example')
  assert.equal(await of('mute.example'), undefined)
  assert.equal(await of('outer.example'), 'first outer.example')
})

test('nothing is asked for an explanation when the result is not "fail"', async () => {
  const memory = new MemoryResolver({
    'north.example': { TXT: ['v=spf1 ~all exp=why.north.example'] },
  })
  const verdict = await checkSpf(client, memory)
  assert.equal(verdict.result, 'softfail')
  assert.deepEqual(verdict.terms[1], {
    text: 'exp=why.north.example',
    kind: 'exp',
    outcome: 'ignored',
  })
})
