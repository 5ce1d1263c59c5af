import { test } from 'node:test'
import assert from 'node:assert/strict'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { checkSpf, formatSpfTree, type SpfInput } from './spf.ts'

const client: SpfInput = {
  ip: '192.0.2.9',
  helo: 'mail.north.example',
  mailFrom: 'joe@north.example',
}

async function tree(zone: Zone, input: Partial<SpfInput> = {}): Promise<string> {
  return formatSpfTree(await checkSpf({ ...client, ...input }, new MemoryResolver(zone)))
}

test('the tree shows each term, what it asked, and the policies it led to', async () => {
  const zone: Zone = {
    'north.example': {
      TXT: ['v=spf1 ip4:192.0.2.10 mx include:_spf.example foo=bar exp=why.%{d} -all'],
      MX: ['10 mx.north.example', '20 mx2.north.example'],
    },
    'mx.north.example': { A: ['192.0.2.77'] },
    '_spf.example': { TXT: ['v=spf1 exists:%{ir}.x.example redirect=_b.example'] },
    '_b.example': { TXT: ['v=spf1 ?ptr:%{d} ?all a'] },
    '9.2.0.192.in-addr.arpa': { PTR: ['evil.example', 'x._b.example'] },
    'why.north.example': { TXT: ['%{i} is not ours'] },
  }
  assert.equal(
    await tree(zone),
    `fail: 192.0.2.9, MAIL FROM joe@north.example

north.example  v=spf1 ip4:192.0.2.10 mx include:_spf.example foo=bar exp=why.%{d} -all
  ip4:192.0.2.10        does not match
  mx                    does not match  (look-up 1)
    MX north.example: 10 mx.north.example, 20 mx2.north.example
    A mx.north.example: 192.0.2.77
    A mx2.north.example: no such name
  include:_spf.example  does not match  (look-up 2)
    _spf.example  v=spf1 exists:%{ir}.x.example redirect=_b.example
      exists:%{ir}.x.example  does not match  (look-up 3)
        A 9.2.0.192.x.example: no such name
      redirect=_b.example     followed  (look-up 4)
        _b.example  v=spf1 ?ptr:%{d} ?all a
          ?ptr:%{d}  does not match  (look-up 5)
            PTR 9.2.0.192.in-addr.arpa: evil.example, x._b.example
            A x._b.example: no such name
          ?all       matches
          a          not reached
        _b.example: neutral
    _spf.example: neutral
  foo=bar               no effect
  exp=why.%{d}          used
    TXT why.north.example: %{i} is not ours
  -all                  matches

because all of north.example matched
north.example explains: 192.0.2.9 is not ours
look-ups 5 of 10, found nothing 1 of 2
`,
  )
})

test('the tree shows where a check ended', async () => {
  const zone: Zone = { 'north.example': { TXT: ['v=spf1 include:_spf.example -all'] } }
  assert.equal(
    await tree({ ...zone, '_spf.example': { error: 'TIMEOUT' } }),
    `temperror: 192.0.2.9, MAIL FROM joe@north.example

north.example  v=spf1 include:_spf.example -all
  include:_spf.example  ends the check  (look-up 1)
    _spf.example  no answer (timeout)
    _spf.example: temperror
  -all                  not reached

because DNS gave no answer (timeout) to the question for TXT _spf.example
look-ups 1 of 10, found nothing 0 of 2
`,
  )
  assert.equal(
    await tree(
      { ...zone, '_spf.example': { TXT: ['v=spf1', 'v=spf1'] } },
      { mailFrom: 'joe@_spf.example' },
    ),
    `permerror: 192.0.2.9, MAIL FROM joe@_spf.example

_spf.example  TXT records: 2, not one SPF record

because _spf.example has 2 SPF records where one is allowed
look-ups 0 of 10, found nothing 0 of 2
`,
  )
})

test('without a domain to ask for there is only the reason', async () => {
  assert.equal(
    await tree({}, { mailFrom: '', helo: '[192.0.2.9]' }),
    `none: 192.0.2.9, HELO [192.0.2.9]

because [192.0.2.9] is not a domain name
look-ups 0 of 10, found nothing 0 of 2
`,
  )
})

test('what others publish cannot steer a terminal', async () => {
  const text = await tree({ 'north.example': { TXT: ['v=spf1 \x1b[31mred\x07 \x9b'] } })
  assert.match(text, /^[\x20-\x7e\n]+$/)
})
