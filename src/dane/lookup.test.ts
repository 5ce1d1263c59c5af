import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { findTlsa, type TlsaHost } from './lookup.ts'

const hex = 'ab'.repeat(32)
const other = 'cd'.repeat(32)
const tlsa = { TLSA: [`3 1 1 ${hex}`] }
const host = 'mx.south.example'

/** What it comes to, and what was asked for it. Names of `insecure` are not proved. */
async function look(
  zone: Zone,
  asked: Partial<TlsaHost> = {},
  insecure: readonly string[] = [],
): Promise<readonly [string, ...string[]]> {
  const dnssec = (name: string) => (insecure.includes(name) ? 'insecure' : 'secure')
  const resolver = new RecordingResolver(new MemoryResolver(zone, { dnssec }))
  const plain: TlsaHost = { host, port: 25, addresses: 'secure', aliases: [] }
  const found = await findTlsa({ ...plain, ...asked }, resolver)
  const questions = resolver.answers.map(({ name, type }) => `${name} ${type}`)
  const result =
    found.type === 'found'
      ? `${found.base} ${found.usable.length} ${found.unusable.length}`
      : found.type === 'failed'
        ? `failed ${found.name} ${found.reason}`
        : found.type
  return [result, ...questions]
}

test('the records stand under port, protocol and host', async () => {
  const zone = { '_25._tcp.mx.south.example': tlsa }
  assert.deepEqual(await look(zone), [`${host} 1 0`, '_25._tcp.mx.south.example TLSA'])
  const submission = { '_587._tcp.mx.south.example': tlsa }
  assert.deepEqual(await look(submission, { port: 587 }), [
    `${host} 1 0`,
    '_587._tcp.mx.south.example TLSA',
  ])
})

test('where the addresses are not proved nothing is asked', async () => {
  const zone = { '_25._tcp.mx.south.example': tlsa }
  assert.deepEqual(await look(zone, { addresses: 'insecure' }), ['insecure'])
})

test('records that are not proved, and none at all, are none', async () => {
  const name = '_25._tcp.mx.south.example'
  assert.deepEqual(await look({ [name]: tlsa }, {}, [name]), ['none', `${name} TLSA`])
  assert.deepEqual(await look({}), ['none', `${name} TLSA`])
  assert.deepEqual(await look({ [name]: { TXT: ['x'] } }), ['none', `${name} TLSA`])
})

test('what was asked in vain is told, name by name', async () => {
  const resolver = new MemoryResolver({}, { dnssec: () => 'secure' })
  const aliases = ['host.provider.example']
  const found = await findTlsa({ host, port: 25, addresses: 'secure', aliases }, resolver)
  assert.deepEqual(found, {
    type: 'none',
    asked: ['_25._tcp.host.provider.example', '_25._tcp.mx.south.example'],
  })
})

test('records that cannot be used are found all the same', async () => {
  const zone = { '_25._tcp.mx.south.example': { TLSA: [`1 1 1 ${hex}`, `3 1 9 ${hex}`] } }
  assert.deepEqual((await look(zone))[0], `${host} 0 2`)
})

test('a question that fails is no answer, and nothing else is asked', async () => {
  const name = '_25._tcp.mx.south.example'
  for (const [error, reason] of [
    ['SERVFAIL', 'servfail'],
    ['TIMEOUT', 'timeout'],
    ['REFUSED', 'refused'],
  ] as const) {
    const zone = { [name]: { TLSA: { error } } }
    assert.deepEqual(await look(zone), [`failed ${name} ${reason}`, `${name} TLSA`])
  }
})

test('of an alias that is proved to its end the end is asked first, then the alias', async () => {
  const aliases = ['host.provider.example']
  const end = '_25._tcp.host.provider.example'
  const beginning = '_25._tcp.mx.south.example'
  const both = { [end]: tlsa, [beginning]: { TLSA: [`3 1 1 ${other}`, `3 1 1 ${hex}`] } }
  assert.deepEqual(await look(both, { aliases }), ['host.provider.example 1 0', `${end} TLSA`])
  assert.deepEqual(await look({ [beginning]: tlsa }, { aliases }), [
    `${host} 1 0`,
    `${end} TLSA`,
    `${beginning} TLSA`,
  ])
  assert.deepEqual(await look(both, { aliases }, [end]), [
    `${host} 2 0`,
    `${end} TLSA`,
    `${beginning} TLSA`,
  ])
  const failing = { ...both, [end]: { TLSA: { error: 'SERVFAIL' } } } as const
  assert.deepEqual((await look(failing, { aliases }))[0], `failed ${end} servfail`)
})

test('of an alias that leads out of what is proved the alias alone is asked', async () => {
  const led = { aliases: ['host.unsigned.example'], addresses: 'insecure' } as const
  const name = '_25._tcp.mx.south.example'
  const zone = {
    [host]: { CNAME: 'host.unsigned.example' },
    '_25._tcp.host.unsigned.example': tlsa,
    [name]: tlsa,
  }
  assert.deepEqual(await look(zone, led), [`${host} 1 0`, `${host} CNAME`, `${name} TLSA`])
  assert.deepEqual(await look(zone, led, [host]), ['insecure', `${host} CNAME`])
  const failing = { ...zone, [host]: { error: 'SERVFAIL' } } as const
  assert.deepEqual(await look(failing, led), [`failed ${host} servfail`, `${host} CNAME`])
})

test('an alias of the records leaves the base domain as it is', async () => {
  const zone = {
    '_25._tcp.mx.south.example': { CNAME: 'tlsa201._dane.south.example' },
    'tlsa201._dane.south.example': { TLSA: [`2 0 1 ${hex}`] },
  }
  assert.equal((await look(zone))[0], `${host} 1 0`)
  // RFC 7672 §2.2.3: the whole way must be proved.
  assert.equal((await look(zone, {}, ['tlsa201._dane.south.example']))[0], 'none')
})
