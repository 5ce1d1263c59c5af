import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { MemoryResolver } from 'waybill/testing'

test('the example of docs/testing.md does what its comments say', async () => {
  // Between the two marks stands the example, word for word but for the indentation.
  // example {
  const resolver = new MemoryResolver({
    'north.example': {
      A: ['192.0.2.1'],
      MX: ['10 mail.north.example'],
      TXT: ['v=spf1 mx -all', ['one record ', 'in two pieces']],
    },
    'www.north.example': { CNAME: 'north.example' },
    'slow.example': { error: 'TIMEOUT' },
  })

  const mail = await resolver.resolve('north.example', 'MX')
  // { type: 'found', records: [{ preference: 10, exchange: 'mail.north.example' }], … }
  const www = await resolver.resolve('WWW.north.example', 'A')
  // { type: 'found', records: ['192.0.2.1'], aliases: ['north.example'], … }
  const none = await resolver.resolve('north.example', 'AAAA')
  // { type: 'noData', … }
  const gone = await resolver.resolve('gone.example', 'A')
  // { type: 'noName', … }
  const slow = await resolver.resolve('slow.example', 'A')
  // { type: 'failed', reason: 'timeout' }
  // } example
  assert.deepEqual(mail.type === 'found' && mail.records, [
    { preference: 10, exchange: 'mail.north.example' },
  ])
  assert.deepEqual(www.type === 'found' && [www.records, www.aliases], [
    ['192.0.2.1'],
    ['north.example'],
  ])
  assert.equal(none.type, 'noData')
  assert.equal(gone.type, 'noName')
  assert.deepEqual(slow, { type: 'failed', reason: 'timeout' })
})

test('docs/testing.md shows exactly the example that is run here', async () => {
  const here = await readFile(new URL(import.meta.url), 'utf8')
  const page = await readFile(new URL('../../docs/testing.md', import.meta.url), 'utf8')
  const [, example = ''] = /\/\/ example \{\n([^]*?)\n {2}\/\/ \} example/.exec(here) ?? []
  assert.ok(example.length > 100)
  assert.ok(page.includes(example.replace(/^ {2}/gm, '')), 'the page and the test differ')
})
