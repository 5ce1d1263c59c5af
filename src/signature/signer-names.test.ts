import assert from 'node:assert/strict'
import { test } from 'node:test'

import { checkSignerNames } from './signer-names.ts'

test('names of a signer come back as A-labels in lower case', () => {
  assert.deepEqual(checkSignerNames({ domain: 'Bücher.Example', selector: 'S1.Mail' }, 'sign'), {
    domain: 'xn--bcher-kva.example',
    selector: 's1.mail',
  })
})

test('a domain of one label, and what is no name at all, are refused in words', () => {
  const refused = (
    domain: string,
    selector: string,
    act: 'sign' | 'seal',
    message: string,
  ): void => {
    assert.throws(() => checkSignerNames({ domain, selector }, act), { code: 'usage', message })
  }
  refused('localhost', 's1', 'sign', '"localhost" is not a domain that can sign.')
  refused('a..example', 's1', 'seal', '"a..example" is not a domain that can seal.')
  refused('a.example', '', 'sign', '"" is not a selector.')
})

test('a key whose name DNS cannot hold is refused: nobody could find it', () => {
  const domain = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`
  const room = 253 - `._domainkey.${domain}`.length
  assert.equal(checkSignerNames({ domain, selector: 's'.repeat(room) }, 'sign').domain, domain)
  assert.throws(() => checkSignerNames({ domain, selector: 's'.repeat(room + 1) }, 'sign'), {
    code: 'usage',
    message: /^The key's name has 254 characters, and DNS takes 253: s+\._domainkey\./,
  })
})
