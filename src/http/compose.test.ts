import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetString } from '../base/octets.ts'
import { letterOfFields } from './read-letter.ts'

const making = { now: 0, random: () => 0.5, messageBytes: 1_000_000, recipients: 10 }

test('base64 may be cut into lines, as programs write it', async () => {
  const content = `${'SGVsbG8h'.repeat(9)}\n${'SGVsbG8h'.repeat(2)}\r\n`
  const attachments = [{ filename: 'a.bin', content, content_type: 'application/octet-stream' }]
  const fields = { from: 'a@b.example', to: 'c@d.example', attachments }
  const { letter } = await letterOfFields(fields, making)
  assert.match(octetString(letter.octets).replaceAll('\r\n', ''), /(?:SGVsbG8h){11}/)
})
