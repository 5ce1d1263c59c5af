import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { splitMessage } from '../message/header-reader.ts'
import type { MailParameters, RcptParameters } from '../smtp/parameters.ts'
import { dsnRequest, needsUtf8, tlsRequest } from './recipient.ts'

const mail: MailParameters = {
  size: null,
  body: null,
  smtpUtf8: false,
  ret: null,
  envid: null,
  auth: null,
  requireTls: false,
}
const rcpt: RcptParameters = { notify: null, orcpt: null }

test('what a client wants to be told is kept, and what it did not say is not made up', () => {
  assert.deepEqual(dsnRequest(mail, rcpt), {})
  const orcpt = { addressType: 'rfc822', address: 'Ann@south.example' }
  assert.deepEqual(
    dsnRequest(
      { ...mail, ret: 'FULL', envid: 'e-1' },
      { notify: ['SUCCESS', 'FAILURE', 'DELAY'], orcpt },
    ),
    {
      notify: ['success', 'failure', 'delay'],
      ret: 'full',
      envelopeId: 'e-1',
      originalRecipient: 'rfc822;Ann@south.example',
    },
  )
  assert.deepEqual(dsnRequest({ ...mail, ret: 'HDRS' }, { ...rcpt, notify: ['NEVER'] }), {
    notify: ['never'],
    ret: 'headers',
  })
})

test('a header needs SMTPUTF8 when its client says so and it has more than ASCII', () => {
  const header = (text: string): ReturnType<typeof splitMessage>['header'] => {
    return splitMessage(encodeUtf8(`Subject: ${text}\r\n\r\nÜ\r\n`)).header
  }
  const said = { ...mail, smtpUtf8: true }
  assert.equal(needsUtf8(said, header('Grüße')), true)
  assert.equal(needsUtf8(said, header('Greetings')), false, 'the body may have what it likes')
  assert.equal(needsUtf8(mail, header('Grüße')), false)
})

test('a letter asks for TLS by its MAIL command, and sets it aside by a field that is there once', () => {
  const header = (...fields: readonly string[]): ReturnType<typeof splitMessage>['header'] => {
    const all = ['Subject: x', ...fields].map((one) => `${one}\r\n`)
    return splitMessage(encodeUtf8(`${all.join('')}\r\nTLS-Required: No\r\n`)).header
  }
  const waived = { tls: 'waived' }
  for (const [fields, expected] of [
    [[], {}],
    [['TLS-Required: No'], waived],
    [['TLS-Required:\r\n no'], waived],
    [['tls-required:NO '], waived],
    [['TLS-Required: Yes'], {}],
    [['TLS-Required: No way'], {}],
    [['TLS-Required:'], {}],
    // RFC 8689 §3: more than one must not be there.
    [['TLS-Required: No', 'TLS-Required: No'], {}],
  ] as const) {
    assert.deepEqual(tlsRequest(mail, header(...fields)), expected, fields.join())
    // RFC 8689 §4.1: then the field is ignored.
    const said = tlsRequest({ ...mail, requireTls: true }, header(...fields))
    assert.deepEqual(said, { tls: 'required' }, fields.join())
  }
})
