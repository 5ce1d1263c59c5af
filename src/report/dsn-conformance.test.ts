import { test } from 'node:test'
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeUtf8 } from '../base/octets.ts'
import { splitMessage } from '../message/header-reader.ts'
import { isAutomatic } from './automatic.ts'
import { readDsn } from './read-dsn.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const folder = join(root, 'shared/conformance/dsn/sisimai')

/** What is read today: less is a loss. */
const leastCounts = { report: 54, loose: 3, text: 30, recipients: 94, known: 73 } as const

test('bounces of many servers are read, and none of them would ever be answered', (t) => {
  if (!existsSync(folder)) {
    t.skip('the folder shared/conformance/dsn is not beside the repository')
    return
  }
  const names = readdirSync(folder).filter((name) => name.endsWith('.eml'))
  assert.ok(names.length >= 96, String(names.length))
  const unread: string[] = []
  const answered: string[] = []
  const none: string[] = []
  const counts = { report: 0, loose: 0, text: 0, recipients: 0, known: 0 }
  for (const name of names) {
    const octets = new Uint8Array(readFileSync(join(folder, name)))
    const read = readDsn(octets)
    const recipients = read.type === 'dsn' ? read.recipients : []
    if (read.type === 'not-a-dsn') none.push(name)
    else {
      counts[read.source]++
      counts.recipients += recipients.length
      if (read.originalMessageId !== undefined) counts.known++
    }
    for (const { action, status } of recipients) {
      assert.match(status, /^[245]\.\d{1,3}\.\d{1,3}$/, name)
      assert.notEqual(action, 'unknown', name)
    }
    if (name.startsWith('rfc3464') && recipients.length === 0) unread.push(name)
    const text = readFileSync(join(folder, name), 'latin1').replace(/^From .*\n/, '')
    const crlf = new Uint8Array(Buffer.from(text.replace(/\r?\n/g, '\r\n'), 'latin1'))
    if (!isAutomatic(splitMessage(crlf).header.fields).automatic) answered.push(name)
    // Whatever is in it, the same octets with another line end say the same.
    assert.deepEqual(readDsn(crlf).type, read.type, name)
  }
  assert.deepEqual(unread, [])
  // Complaints, answers of people's programs, and one letter that a person sent on.
  assert.deepEqual(
    none.filter((name) => !/^(?:arf|rfc3834)-/.test(name)),
    ['lhost-qmail-08.eml'],
  )
  for (const what of ['report', 'loose', 'text', 'recipients', 'known'] as const) {
    assert.ok(counts[what] >= leastCounts[what], `${what}: ${JSON.stringify(counts)}`)
  }
  assert.deepEqual(answered, [])
  t.diagnostic(`${names.length} messages`)
})

test('a bounce cut anywhere is read without a fault', (t) => {
  if (!existsSync(folder)) {
    t.skip('the folder shared/conformance/dsn is not beside the repository')
    return
  }
  const octets = new Uint8Array(readFileSync(join(folder, 'rfc3464-01.eml')))
  for (let end = 0; end <= octets.length; end += 7) readDsn(octets.subarray(0, end))
  readDsn(encodeUtf8('\r\n'))
})
