import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf } from '../../base/octets.ts'
import { diffDkim, generateDkimKey, signDkim, verifyDkim } from '../../dkim/dkim.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import { renderDiff, renderSignature } from './dkim.ts'

const { privateKey } = generateDkimKey('ed25519')
const plain =
  'From: a@north.example\r\nSubject: Tea\tat four\r\n\r\nHello.\r\nThis line is fine.\r\nBye.\r\n'
const keys = [{ domain: 'north.example', selector: 'e1', privateKey }]
const signed = signDkim(octetsOf(plain), { keys, now: 1_700_000_000 }).join('') + plain

function diff(received: string): string {
  const found = diffDkim(octetsOf(signed), octetsOf(received))
  assert.ok(found.type === 'compared')
  return renderDiff(found)
}

test('nothing changed', () => {
  assert.equal(
    diff(signed),
    [
      'Compared under the signature of north.example (s=e1, c=relaxed/relaxed).',
      'The signature itself is unchanged in the received message.',
      '',
      'Nothing that was signed has changed.',
    ].join('\n'),
  )
})

test('a mark stands under the first octet that changed, in both texts', () => {
  const text = diff(signed.replace('Tea', '[list] Tea').replace('is fine', 'is \u00e9 fine'))
  assert.equal(
    text,
    [
      'Compared under the signature of north.example (s=e1, c=relaxed/relaxed).',
      'The signature itself is unchanged in the received message.',
      '',
      'Field subject differs from octet 8 on:',
      '  sent     subject:Tea at four',
      '                   ^',
      '  received subject:[list] Tea at four',
      '                   ^',
      '',
      'Body differs from line 2, octet 21 on (34 octets sent, 36 received):',
      '  sent     Hello.\\r\\nThis line is fine.\\r\\nBye.\\r\\n',
      '                                  ^',
      '  received Hello.\\r\\nThis line is \\xe9 fine.\\r\\nBye.\\r\\n',
      '                                  ^',
      '',
      'Changed: subject and the body.',
    ].join('\n'),
  )
})

test('what was added and what is gone is told', () => {
  const text = diff(signed.replace(/^Subject.*\r\n/m, '').replace('From:', 'From: x@y\r\nFrom:'))
  assert.match(text, /Field subject is gone:\n {2}sent/)
  assert.match(text, /Field from \(number 2 from the bottom\) was added:\n {2}received/)
})

test('a text that ends early is told to end', () => {
  assert.match(diff(signed.replace('Bye.\r\n', '')), /This line is fine\.\\r\\n\(ends here\)\n/)
})

test('a body that is another is told with both hashes; foreign text cannot move the cursor', async () => {
  const resolver = new MemoryResolver({})
  const [verdict] = await verifyDkim(
    octetsOf(signed.replace('d=north.example', 'd=\u001b[2Jx.example')),
    { resolver, now: 1_700_000_000 },
  )
  assert.ok(verdict !== undefined)
  const text = renderSignature(verdict).join('\n')
  assert.doesNotMatch(text, /\u001b/)
  assert.match(text, /^signature 1: permerror/)
})
