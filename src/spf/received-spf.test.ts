/** RFC 7208 §9.1 with erratum 5436. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { checkSpf, formatReceivedSpf, type SpfInput } from './spf.ts'

const client: SpfInput = {
  ip: '192.0.2.1',
  helo: 'mail.north.example',
  mailFrom: 'joe@north.example',
}

async function field(
  zone: Zone,
  input: Partial<SpfInput> = {},
  receiver?: string,
): Promise<string> {
  const verdict = await checkSpf({ ...client, ...input }, new MemoryResolver(zone))
  return formatReceivedSpf(verdict, receiver === undefined ? {} : { receiver })
}

const north = (record: string): Zone => ({ 'north.example': { TXT: [record] } })

test('the field says the result, who asked, and what matched', async () => {
  assert.equal(
    await field(north('v=spf1 ip4:192.0.2.0/24 -all'), {}, 'mx.south.example'),
    'Received-SPF: pass (mx.south.example: north.example allows 192.0.2.1 to send\r\n' +
      ' its mail) client-ip=192.0.2.1; envelope-from="joe@north.example";\r\n' +
      ' helo=mail.north.example; identity=mailfrom; receiver=mx.south.example;\r\n' +
      ' mechanism="ip4:192.0.2.0/24"\r\n',
  )
  assert.equal(
    await field(north('v=spf1'), { ip: '2001:db8::1' }),
    'Received-SPF: neutral (north.example says nothing about 2001:db8::1)\r\n' +
      ' client-ip="2001:db8::1"; envelope-from="joe@north.example";\r\n' +
      ' helo=mail.north.example; identity=mailfrom; mechanism=default\r\n',
  )
})

test('of a check of HELO there is no envelope-from', async () => {
  assert.equal(
    await field({ 'mail.north.example': { TXT: ['v=spf1 -all'] } }, { mailFrom: '' }),
    'Received-SPF: fail (mail.north.example does not allow 192.0.2.1 to send its\r\n' +
      ' mail) client-ip=192.0.2.1; helo=mail.north.example; identity=helo;\r\n' +
      ' mechanism=all\r\n',
  )
})

test('errors say what the problem is', async () => {
  const problems: readonly (readonly [Zone, string])[] = [
    [
      north('v=spf1 moo'),
      'the record of north.example is wrong at moo: there is no such mechanism',
    ],
    [north('v=spf1 \xff'), 'the record of north.example is wrong at ?: it has the octet 0xff'],
    [
      { 'north.example': { TXT: ['v=spf1', 'v=spf1'] } },
      'north.example has 2 SPF records where one is allowed',
    ],
    [
      { 'north.example': { error: 'TIMEOUT' } },
      'DNS gave no answer (timeout) to the question for TXT north.example',
    ],
    [
      { ...north('v=spf1 a:x.example'), 'x.example': { error: 'SERVFAIL' } },
      'DNS gave no answer (servfail) to the question for A x.example, for a:x.example of north.example',
    ],
    [
      north('v=spf1 include:x.example'),
      'include:x.example of north.example leads to x.example, which does not exist',
    ],
    [
      { ...north('v=spf1 redirect=x.example'), 'x.example': {} },
      'redirect=x.example of north.example leads to x.example, which has no SPF record',
    ],
    [
      north('v=spf1 include:north.example'),
      'include:north.example of north.example is one look-up more than the 10 allowed',
    ],
    [
      north('v=spf1 a:x.example a:x.example a:x.example'),
      'at a:x.example of north.example more than 2 look-ups found nothing',
    ],
  ]
  for (const [zone, problem] of problems) {
    const unfolded = (await field(zone)).replaceAll('\r\n', '')
    assert.ok(unfolded.includes(`problem="${problem}"`), unfolded)
  }
})

test('absence has its own words', async () => {
  assert.match(await field({}), /^Received-SPF: none \(north\.example does not exist\)/)
  assert.match(
    await field({ 'north.example': {} }),
    /^Received-SPF: none \(north\.example has no SPF record\)/,
  )
  assert.match(
    await field({}, { mailFrom: 'joe@[192.0.2.1]' }),
    /\(\[192\.0\.2\.1\] is not a domain name\)/,
  )
  assert.match(await field({}, { ip: 'socket' }), /\(the client has no IP address\)/)
})

test('quotes, brackets and line breaks of strangers are harmless', async () => {
  const text = await field(
    {},
    { helo: 'a"b\\c\r\nX-Evil: 1', mailFrom: '"x\\"y"@a)b\\.example' },
    'mx',
  )
  assert.equal(
    text.replaceAll('\r\n', ''),
    'Received-SPF: none (mx: a\\)b\\\\.example is not a domain name)' +
      ' client-ip=192.0.2.1; envelope-from="\\"x\\\\\\"y\\"@a)b\\\\.example";' +
      ' helo="a\\"b\\\\c??X-Evil: 1"; identity=mailfrom; receiver=mx',
  )
})

/** A reader of the grammar: comment, then key=value pairs; no words are lost. */
function readField(text: string): Map<string, string> {
  const line = text.replaceAll(/\r\n(?=[ ])/g, '')
  const head = /^Received-SPF: [a-z]+ \((?:[^\\()]|\\.)*\) /.exec(line)
  assert.ok(head !== null, line)
  const pairs = new Map<string, string>()
  const pair = /([a-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]+))(?:; |\r\n$)/y
  pair.lastIndex = head[0].length
  for (let found = pair.exec(line); found !== null; found = pair.exec(line)) {
    pairs.set(found[1] ?? '', found[3] ?? (found[2] ?? '').replaceAll(/\\(.)/g, '$1'))
    if (pair.lastIndex === line.length) return pairs
  }
  assert.fail(`not a list of pairs: ${line}`)
}

test('whatever the client says is read back from the field', async () => {
  const words = fc.string({ unit: fc.constantFrom(...Array.from('ab.@"\\();= ü')), maxLength: 100 })
  await fc.assert(
    fc.asyncProperty(words, words, async (helo, mailFrom) => {
      const verdict = await checkSpf({ ...client, helo, mailFrom }, new MemoryResolver({}))
      const pairs = readField(formatReceivedSpf(verdict))
      assert.equal(pairs.get('helo'), helo.replaceAll('ü', '?'))
      assert.equal(
        pairs.get('envelope-from'),
        verdict.identity === 'mailfrom' ? verdict.sender : undefined,
      )
    }),
  )
})
