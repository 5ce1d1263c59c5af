import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseDomain } from '../address/domain.ts'
import { MemoryResolver, type Zone } from '../dns/testing.ts'
import { type StsRecordAnswer, lookupStsRecord, readStsRecord } from './record.ts'

function outcome(text: string): string {
  const read = readStsRecord(text)
  return read.ok ? `id ${read.value.id}` : read.problem.reason
}

// RFC 8461 §3.1; for fields that stand twice, §3.2.
const records: readonly (readonly [string, string])[] = [
  ['v=STSv1; id=20160831085700Z;', 'id 20160831085700Z'],
  ['v=STSv1;id=1', 'id 1'],
  ['v=STSv1 ; id=1 ; ', 'id 1'],
  ['v=STSv1; ext=1; id=a; other=2', 'id a'],
  [`v=STSv1; id=${'aZ09'.repeat(8)}`, `id ${'aZ09'.repeat(8)}`],
  ['v=STSv1; id=a; id=b', 'id a'],
  ['v=STSv1; id=a; id=not-an-id', 'id a'],
  ['v=STSv1; id=a; v=STSv2', 'id a'],
  ['v=STSv1; id=a; id=', 'bad-value'],
  ['v=STSv1; id=not-an-id; id=a', 'bad-id'],
  [`v=STSv1; id=${'a'.repeat(33)}`, 'bad-id'],
  ['v=STSv1; id=a_b', 'bad-id'],
  ['v=STSv1; id=', 'bad-value'],
  ['v=STSv1; id=\xe9', 'bad-value'],
  ['v=STSv1; id = a', 'not-a-field'],
  ['v=STSv1; id=a ', 'bad-value'],
  ['v=STSv1; ID=a', 'missing-id'],
  ['v=STSv1; ext=1', 'missing-id'],
  ['v=STSv1;', 'no-field'],
  ['v=STSv1, id=a', 'other-version'],
  ['v=stsv1; id=a', 'other-version'],
  ['id=a; v=STSv1', 'other-version'],
  ['', 'other-version'],
]

for (const [text, expected] of records) {
  test(`${expected}: ${JSON.stringify(text)}`, () => assert.equal(outcome(text), expected))
}

test('what is ignored is named', () => {
  assert.deepEqual(readStsRecord('v=STSv1; b=1; id=x; a=2; b=3; id=y; constructor=1'), {
    ok: true,
    value: { id: 'x', unknown: ['b', 'a', 'constructor'], repeatedId: true },
  })
})

test('a refusal is told in a sentence', () => {
  assert.deepEqual(readStsRecord('v=STSv1; id=a-b'), {
    ok: false,
    problem: { reason: 'bad-id', text: 'id is "a-b", not 1 to 32 letters and digits.' },
  })
})

test('a record that is written by the grammar is read, with its id and its fields', () => {
  const space = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 })
  const id = fc.stringMatching(/^[A-Za-z0-9]{1,32}$/)
  const field = fc.tuple(
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/).filter((name) => name !== 'id'),
    fc.stringMatching(/^[\x21-\x3a\x3c\x3e-\x7e]{1,20}$/),
  )
  fc.assert(
    fc.property(id, fc.array(field), fc.nat(), space, space, (value, fields, at, left, right) => {
      const all = fields.map(([name, one]) => `${name}=${one}`)
      all.splice(at % (all.length + 1), 0, `id=${value}`)
      const read = readStsRecord(['v=STSv1', ...all].join(`${left};${right}`))
      assert.ok(read.ok)
      assert.equal(read.value.id, value)
      assert.deepEqual(read.value.unknown, Array.from(new Set(fields.map(([name]) => name))))
    }),
  )
})

async function lookup(name: string, zone: Zone): Promise<StsRecordAnswer> {
  const domain = parseDomain(name)
  assert.ok(domain !== undefined)
  const answer = await lookupStsRecord(domain, new MemoryResolver(zone))
  assert.deepEqual(JSON.parse(JSON.stringify(answer)), answer, 'plain data')
  return answer
}

test('the record of a domain is asked for by its own name, and by no parent of it', async () => {
  const zone: Zone = { '_mta-sts.example.com': { TXT: ['v=STSv1; id=20160831085700Z;'] } }
  assert.deepEqual(await lookup('example.com', zone), {
    type: 'record',
    name: '_mta-sts.example.com',
    aliases: [],
    text: 'v=STSv1; id=20160831085700Z;',
    record: { id: '20160831085700Z', unknown: [], repeatedId: false },
  })
  assert.deepEqual(await lookup('mail.example.com', zone), {
    type: 'none',
    name: '_mta-sts.mail.example.com',
    aliases: [],
    reason: 'no-name',
  })
})

test('a provider may keep the record behind an alias', async () => {
  const answer = await lookup('bücher.example', {
    '_mta-sts.xn--bcher-kva.example': { CNAME: '_mta-sts.provider.example' },
    '_mta-sts.provider.example': { TXT: ['v=STSv1; id=7'] },
  })
  assert.equal(answer.type === 'record' && answer.record.id, '7')
  assert.deepEqual(answer.aliases, ['_mta-sts.provider.example'])
})

test('a broken record, two records and no answer announce no policy, each for its own reason', async () => {
  const at = (TXT: readonly string[]): Zone => ({ '_mta-sts.example.com': { TXT } })
  const broken = await lookup('example.com', at(['v=STSv1']))
  assert.equal(broken.type === 'unusable' && broken.refusal.reason, 'no-field')
  const two = await lookup('example.com', at(['v=STSv1;id=1', 'v=STSv1;id=2']))
  assert.deepEqual(two.type === 'several' && two.texts, ['v=STSv1;id=1', 'v=STSv1;id=2'])
  const failed = await lookup('example.com', { '_mta-sts.example.com': { error: 'SERVFAIL' } })
  assert.equal(failed.type === 'failed' && failed.reason, 'servfail')
})

test('a domain whose name leaves no room for the label has no record', async () => {
  const long = `${'a'.repeat(60)}.`.repeat(4)
  const answer = await lookup(`${long}example`, {})
  assert.equal(answer.type === 'none' && answer.reason, 'no-name')
})
