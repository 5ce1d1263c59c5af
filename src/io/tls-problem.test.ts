import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTlsProblem, type TlsError } from './tls-problem.ts'

const cases: readonly (readonly [TlsError, RegExp])[] = [
  [
    {
      message:
        'C0A7:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/x.c:354:\n',
      code: 'ERR_SSL_WRONG_VERSION_NUMBER',
      reason: 'wrong version number',
    },
    /not TLS$/,
  ],
  [
    { message: 'C0:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:354:' },
    /not TLS$/,
  ],
  [{ message: 'x', reason: 'tlsv1 alert protocol version' }, /no version of TLS in common/],
  [{ message: 'x', code: 'ERR_SSL_UNSUPPORTED_PROTOCOL' }, /no version of TLS in common/],
  [{ message: 'x', reason: 'no shared cipher' }, /no cipher suits both/],
  [{ message: 'x', reason: 'sslv3 alert handshake failure' }, /\(handshake_failure\)/],
  [{ message: 'x', reason: 'tlsv1 alert unknown ca' }, /\(unknown_ca\)/],
  [{ message: 'x', reason: 'sslv3 alert bad certificate' }, /does not accept our certificate/],
  [{ message: 'x', reason: 'tlsv13 alert certificate required' }, /wants a certificate/],
  [{ message: 'x', reason: 'dh key too small' }, /too weak/],
  [
    {
      message: 'Client network socket disconnected before secure TLS connection was established',
      code: 'ECONNRESET',
    },
    /closed before the handshake was done/,
  ],
  [{ message: 'read ECONNRESET', code: 'ECONNRESET' }, /closed before the handshake was done/],
  [{ message: '', reason: 'a length mismatch' }, /^the TLS library says "a length mismatch"$/],
  [{ message: '' }, /^the handshake failed$/],
]

test('why TLS failed is told in words, never as a line of numbers and file names', () => {
  for (const [error, told] of cases) {
    const words = describeTlsProblem(error)
    assert.match(words, told)
    assert.doesNotMatch(words, /error:|routines|\.c:/)
  }
})
