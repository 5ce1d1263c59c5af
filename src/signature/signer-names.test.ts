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
