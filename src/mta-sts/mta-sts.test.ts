import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDomain } from '../address/domain.ts'
import { MemoryResolver, type Zone } from '../dns/testing.ts'
import { lookupStsRecord, type StsRecordAnswer } from './mta-sts.ts'

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
