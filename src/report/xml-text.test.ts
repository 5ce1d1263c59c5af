import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { readAggregates } from './read-aggregate.ts'
import { decodeXml, withoutFill } from './xml-text.ts'

test('what fills up the last block of a file is no part of its text', () => {
  assert.equal(withoutFill('<a/>\r\n\u001a\0\0 \0'), '<a/>')
  assert.equal(withoutFill('\0 \0'), '')
  assert.equal(withoutFill('a\0b'), 'a\0b')
})

test('a report with NULs or a Ctrl-Z behind it is read whole', () => {
  const report =
    '<feedback><report_metadata><org_name>Mail Co</org_name></report_metadata></feedback>'
  const [plain] = readAggregates(encodeUtf8(report))
  for (const fill of ['\0', '\u001a', `\n${'\0'.repeat(512)}`]) {
    assert.deepEqual(readAggregates(encodeUtf8(report + fill)), [plain])
    assert.equal(decodeXml(encodeUtf8(report + fill)).text, report)
  }
})
