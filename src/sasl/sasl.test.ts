import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeBase64 } from '../base/base64.ts'
import { encodeUtf8, octetString, octetsOf } from '../base/octets.ts'
import { LoginClient, LoginServer } from './login.ts'
import { maxFieldOctets } from './mechanism.ts'
import { PlainClient, PlainServer } from './plain.ts'
import {
  clientMechanism,
  formatInitialResponse,
  mechanismNames,
  readInitialResponse,
  readResponse,
  serverMechanism,
} from './sasl.ts'

test('PLAIN reads the example of RFC 4616 §4', () => {
  assert.deepEqual(new PlainServer().start(octetsOf('\0tim\0tanstaaftanstaaf')), {
    type: 'credentials',
    credentials: { authorizationId: '', username: 'tim', password: 'tanstaaftanstaaf' },
  })
  assert.deepEqual(new PlainServer().start(octetsOf('Ursel\0Kurt\0xipj3plmq')), {
    type: 'credentials',
    credentials: { authorizationId: 'Ursel', username: 'Kurt', password: 'xipj3plmq' },
  })
})

test('PLAIN asks with an empty challenge when there is no initial response', () => {
  const server = new PlainServer()
  assert.deepEqual(server.start(null), { type: 'challenge', octets: new Uint8Array(0) })
  assert.equal(server.respond(octetsOf('\0a\0b')).type, 'credentials')
})

for (const [what, octets] of [
  ['nothing', ''],
  ['one field', 'user'],
  ['two fields', 'user\0password'],
  ['four fields', 'a\0b\0c\0d'],
  ['an empty user name', '\0\0password'],
  ['an empty password', '\0user\0'],
  ['octets that are not UTF-8', '\0us\xffer\0password'],
  ['a password that is not UTF-8', '\0user\0pass\xff'],
  ['an authorization id that is not UTF-8', '\xff\0user\0password'],
  ['a field without end', `\0${'u'.repeat(maxFieldOctets + 1)}\0p`],
] as const) {
  test(`PLAIN refuses ${what}`, () => {
    assert.equal(new PlainServer().start(octetsOf(octets)).type, 'malformed')
  })
}

test('LOGIN asks for user name and password in turn', () => {
  const server = new LoginServer()
  assert.deepEqual(server.start(null), { type: 'challenge', octets: encodeUtf8('Username:') })
  assert.deepEqual(server.respond(encodeUtf8('jürgen')), {
    type: 'challenge',
    octets: encodeUtf8('Password:'),
  })
  assert.deepEqual(server.respond(encodeUtf8('geheim')), {
    type: 'credentials',
    credentials: { authorizationId: '', username: 'jürgen', password: 'geheim' },
  })
})

test('LOGIN takes the user name as initial response', () => {
  const server = new LoginServer()
  assert.deepEqual(server.start(octetsOf('tim')), {
    type: 'challenge',
    octets: encodeUtf8('Password:'),
  })
})

test('LOGIN refuses an empty field, a NUL, and what is not UTF-8', () => {
  for (const octets of ['', 'a\0b', 'a\xff']) {
    const server = new LoginServer()
    server.start(null)
    assert.equal(server.respond(octetsOf(octets)).type, 'malformed')
  }
})

test('a mechanism is found by its name in any case, and no other is', () => {
  assert.equal(serverMechanism('plain')?.name, 'PLAIN')
  assert.equal(serverMechanism('Login')?.name, 'LOGIN')
  assert.equal(serverMechanism('CRAM-MD5'), undefined)
  assert.equal(serverMechanism('PLAINER'), undefined)
  for (const name of mechanismNames) assert.equal(serverMechanism(name)?.name, name)
})

test('a client takes the best mechanism that is offered', () => {
  const credentials = { authorizationId: '', username: 'u', password: 'p' }
  assert.equal(clientMechanism(['LOGIN', 'plain'], credentials)?.name, 'PLAIN')
  assert.equal(clientMechanism(['CRAM-MD5', 'LOGIN'], credentials)?.name, 'LOGIN')
  assert.equal(clientMechanism(['CRAM-MD5'], credentials), undefined)
  const withNonce = { ...credentials, nonce: 'abc' }
  const all = ['PLAIN', 'SCRAM-SHA-1', 'scram-sha-256', 'SCRAM-SHA-256-PLUS']
  assert.equal(clientMechanism(all, withNonce)?.name, 'SCRAM-SHA-256')
  assert.equal(clientMechanism(all.slice(0, 2), withNonce)?.name, 'SCRAM-SHA-1')
  assert.equal(clientMechanism(['LOGIN', 'SCRAM-SHA-256-PLUS'], withNonce)?.name, 'LOGIN')
  assert.equal(clientMechanism(all, credentials)?.name, 'PLAIN', 'without a nonce there is none')
  assert.equal(clientMechanism(['LOGIN'], { ...credentials, authorizationId: 'x' }), undefined)
})

test('a response line is base64 or a star', () => {
  assert.deepEqual(readResponse('*'), { type: 'cancel' })
  assert.deepEqual(readResponse('dGlt'), { type: 'response', octets: octetsOf('tim') })
  assert.deepEqual(readResponse(''), { type: 'response', octets: new Uint8Array(0) })
  for (const line of ['dGl', 'dGlt=', 'd Glt', 'dGl*', '=', '====', 'dGlt\0', 'dG=t']) {
    assert.deepEqual(readResponse(line), { type: 'malformed' }, line)
  }
})

test('an empty initial response is an equals sign', () => {
  assert.deepEqual(readInitialResponse('='), new Uint8Array(0))
  assert.equal(readInitialResponse(''), undefined)
  assert.equal(readInitialResponse('*'), undefined)
  assert.equal(formatInitialResponse(new Uint8Array(0)), '=')
  assert.equal(formatInitialResponse(octetsOf('tim')), 'dGlt')
})

const secret = fc.stringMatching(/^[^\0\ud800-\udfff]{1,40}$/)

test('what a client says, its server hears, with either mechanism', () => {
  fc.assert(
    fc.property(secret, secret, secret, (authorizationId, username, password) => {
      const plain = new PlainClient({ authorizationId, username, password })
      assert.deepEqual(new PlainServer().start(plain.start()), {
        type: 'credentials',
        credentials: { authorizationId, username, password },
      })
      assert.equal(plain.respond(new Uint8Array(0)).type, 'impossible')

      const login = new LoginClient({ authorizationId: '', username, password })
      const server = new LoginServer()
      let step = server.start(login.start())
      for (let turn = 0; turn < 2 && step.type === 'challenge'; turn++) {
        const response = login.respond(step.octets)
        assert.ok(response.type === 'response')
        step = server.respond(response.octets)
      }
      assert.deepEqual(step, {
        type: 'credentials',
        credentials: { authorizationId: '', username, password },
      })
      assert.equal(login.respond(new Uint8Array(0)).type, 'impossible')
    }),
  )
})

test('a server never throws, whatever it is told', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), (responses) => {
      for (const name of mechanismNames) {
        const server = serverMechanism(name)
        assert.ok(server !== undefined)
        for (const response of responses) if (server.respond(response).type !== 'challenge') break
      }
      for (const response of responses) {
        readResponse(octetString(response))
        readInitialResponse(encodeBase64(response))
      }
    }),
  )
})
