import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { maxAliases, type RecordType } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { typeCodes } from './dns-message.ts'
import { DnsZones } from './dns-zones.ts'

const north: Zone = {
  'north.example': { A: ['192.0.2.1'], MX: ['10 mail.north.example'] },
  'mail.north.example': { A: ['192.0.2.2'] },
  'a.deep.below.north.example': { TXT: ['x'] },
  'www.north.example': { CNAME: 'mail.north.example' },
  'nowhere.north.example': { CNAME: 'gone.north.example' },
  'away.north.example': { CNAME: 'www.elsewhere.example' },
  'over.north.example': { CNAME: 'south.example' },
  'circle.north.example': { CNAME: 'circle.north.example' },
  'broken.north.example': { error: 'SERVFAIL' },
  'to-broken.north.example': { CNAME: 'broken.north.example' },
  'silent.north.example': { TXT: { error: 'TIMEOUT' } },
  'gone-by-fault.north.example': { error: 'NXDOMAIN' },
}

/** `rcode flags: answers / soa` in one line. */
function ask(zones: DnsZones, name: string, type: RecordType | number): string {
  const reply = zones.answer(name, typeof type === 'number' ? type : typeCodes[type])
  if (reply.type === 'silence') return 'silence'
  const flags = `${reply.authoritative ? 'AA' : ''}${reply.authenticated ? ' AD' : ''}`
  const answers = reply.answers.map((one) => `${one.type} ${one.name}`).join(', ')
  const soa = reply.soa === undefined ? '-' : `${reply.soa.at} ${reply.soa.record.apex}`
  return `${reply.rcode} ${flags}: ${answers} / ${soa}`
}

function served(): DnsZones {
  const zones = new DnsZones()
  zones.set('North.example.', north)
  zones.set('south.example', { 'south.example': { A: ['192.0.2.3'] } }, { authenticated: true })
  return zones
}

test('a zone answers as its records say', () => {
  const cases: readonly [string, RecordType | number, string][] = [
    ['north.example', 'A', '0 AA: A north.example / -'],
    ['north.example', 'AAAA', '0 AA:  / authority north.example'],
    ['north.example', 'SOA', '0 AA:  / answer north.example'],
    ['mail.north.example', 'SOA', '0 AA:  / authority north.example'],
    ['north.example', 65, '0 AA:  / authority north.example'],
    ['gone.north.example', 'A', '3 AA:  / authority north.example'],
    ['www.north.example', 'A', '0 AA: CNAME www.north.example, A mail.north.example / -'],
    ['www.north.example', 'CNAME', '0 AA: CNAME www.north.example / -'],
    ['www.north.example', 'TXT', '0 AA: CNAME www.north.example / authority north.example'],
    ['nowhere.north.example', 'A', '3 AA: CNAME nowhere.north.example / authority north.example'],
    ['away.north.example', 'A', '0 AA: CNAME away.north.example / -'],
    ['over.north.example', 'A', '0 AA: CNAME over.north.example, A south.example / -'],
    ['south.example', 'A', '0 AA AD: A south.example / -'],
    ['elsewhere.example', 'A', '5 :  / -'],
    ['example', 'A', '5 :  / -'],
    ['broken.north.example', 'A', '2 :  / -'],
    ['to-broken.north.example', 'A', '2 :  / -'],
    ['silent.north.example', 'TXT', 'silence'],
    ['silent.north.example', 'A', '0 AA:  / authority north.example'],
    ['gone-by-fault.north.example', 'A', '3 AA:  / authority north.example'],
  ]
  const zones = served()
  for (const [name, type, expected] of cases) assert.equal(ask(zones, name, type), expected, name)
})

test('a name that only has names below it exists and has no data', () => {
  const zones = served()
  assert.equal(ask(zones, 'below.north.example', 'A'), '0 AA:  / authority north.example')
  assert.equal(ask(zones, 'deep.below.north.example', 'A'), '0 AA:  / authority north.example')
  assert.equal(ask(zones, 'b.deep.below.north.example', 'A'), '3 AA:  / authority north.example')
})

test('a circle of aliases is written out to a limit', () => {
  const reply = served().answer('circle.north.example', typeCodes.A)
  assert.ok(reply.type === 'reply' && reply.answers.length === maxAliases + 2)
})

test('a zone below another goes before it, and the empty apex is every name', () => {
  const zones = served()
  zones.set('', { 'anything.test': { A: ['192.0.2.9'] } })
  zones.set('deep.below.north.example', {})
  assert.equal(ask(zones, 'anything.test', 'A'), '0 AA: A anything.test / -')
  assert.equal(ask(zones, 'gone.test', 'A'), '3 AA:  / authority ')
  assert.equal(
    ask(zones, 'a.deep.below.north.example', 'TXT'),
    '3 AA:  / authority deep.below.north.example',
  )
  zones.remove('deep.below.north.example')
  assert.equal(
    ask(zones, 'a.deep.below.north.example', 'TXT'),
    '0 AA: TXT a.deep.below.north.example / -',
  )
})

test('a zone that is put in place again has another serial number', () => {
  const zones = served()
  const serial = (): number | undefined => {
    const reply = zones.answer('north.example', typeCodes.SOA)
    return reply.type === 'reply' ? reply.soa?.record.serial : undefined
  }
  const before = serial()
  zones.set('north.example', {})
  assert.notEqual(serial(), before)
  assert.equal(ask(zones, 'mail.north.example', 'A'), '3 AA:  / authority north.example')
})

test('a zone with values that cannot be read, or with names of others, is refused', () => {
  const zones = served()
  const usage = (problem: unknown): boolean =>
    problem instanceof WaybillError && problem.code === 'usage'
  assert.throws(() => zones.set('a.example', { 'a.example': { A: ['x'] } }), usage)
  assert.throws(() => zones.set('a.example', { 'b.example': { A: [] } }), usage)
  assert.throws(() => zones.set('a.example', { 'xa.example': { A: [] } }), usage)
})
