import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8, octetString, octetsOf } from '../base/octets.ts'
import { prepareText, ScramClient } from '../sasl/scram.ts'
import { scramProof } from './scram.ts'

/** RFC 5802 §5 and RFC 7677 §3: user `user`, password `pencil`. */
const examples = [
  {
    name: 'SCRAM-SHA-1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    first: 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
    challenge: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    proof: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    name: 'SCRAM-SHA-256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    first: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    challenge:
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    final:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    proof: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const

function client(name: ScramClient['name'], nonce: string, more: object = {}): ScramClient {
  const credentials = { username: 'user', password: 'pencil', authorizationId: '', nonce }
  return new ScramClient(name, { ...credentials, ...more })
}

for (const { name, nonce, first, challenge, final, proof } of examples) {
  test(`the example of the RFC for ${name} goes as it is written`, async () => {
    const one = client(name, nonce)
    assert.equal(octetString(one.start()), first)
    const wish = one.respond(octetsOf(challenge))
    assert.ok(wish.type === 'wish')
    assert.equal(octetString(one.derived(await scramProof(wish.wish))), final)
    assert.equal(one.proven, false, 'until the server has proved it')
    assert.deepEqual(one.respond(octetsOf(proof)), { type: 'response', octets: new Uint8Array(0) })
    assert.equal(one.proven, true)
    assert.equal(one.respond(octetsOf(proof)).type, 'impossible')
  })

  test(`a server that does not know the password is found out with ${name}`, async () => {
    for (const [said, because] of [
      [proof.replace(/v=./, 'v=A'), /does not prove/],
      ['v=', /does not prove/],
      ['', /does not prove/],
      ['e=invalid-proof', /it says "invalid-proof"/],
    ] as const) {
      const one = client(name, nonce)
      const wish = one.respond(octetsOf(challenge))
      assert.ok(wish.type === 'wish')
      one.derived(await scramProof(wish.wish))
      const end = one.respond(octetsOf(said))
      assert.ok(end.type === 'impossible')
      assert.match(end.because, because)
      assert.equal(one.proven, false)
    }
  })
}

for (const [challenge, because] of [
  ['', /none of SCRAM/],
  ['r=abcX,s=QSXCR+Q6sek8bf92', /none of SCRAM/],
  ['m=x,r=abcX,s=QSXCR+Q6sek8bf92,i=4096', /none of SCRAM/],
  ['r=abcX,s=***,i=4096', /none of SCRAM/],
  ['r=abcX,s=A,i=4096', /none of SCRAM/],
  ['r=abcX,s=QSXCR+Q6sek8bf92,i=x', /none of SCRAM/],
  ['r=abc,s=QSXCR+Q6sek8bf92,i=4096', /nonce/],
  ['r=xyzabc,s=QSXCR+Q6sek8bf92,i=4096', /nonce/],
  ['r=abcX,s=QSXCR+Q6sek8bf92,i=1', /asks for 1 iterations/],
  ['r=abcX,s=QSXCR+Q6sek8bf92,i=4095', /asks for 4095 iterations/],
  ['r=abcX,s=QSXCR+Q6sek8bf92,i=1000001', /asks for 1000001 iterations/],
  ['r=abcX,s=QSXCR+Q6sek8bf92,i=999999999', /iterations/],
  ['x'.repeat(5000), /too long/],
] as const) {
  test(`the challenge ${challenge.slice(0, 50)} is not answered`, () => {
    const said = client('SCRAM-SHA-256', 'abc').respond(octetsOf(challenge))
    assert.ok(said.type === 'impossible')
    assert.match(said.because, because)
  })
}

test('from 4,096 to a million iterations are done', () => {
  for (const iterations of [4096, 1_000_000]) {
    const said = client('SCRAM-SHA-256', 'abc').respond(
      octetsOf(`r=abcX,s=QSXCR+Q6sek8bf92,i=${iterations}`),
    )
    assert.equal(said.type === 'wish' && said.wish.iterations, iterations)
  }
})

test('names are written so that no comma ends them, and whom we act for is bound in', () => {
  const one = client('SCRAM-SHA-256', 'abc', { username: 'a=b,c', authorizationId: 'd' })
  assert.equal(octetString(one.start()), 'n,a=d,n=a=3Db=2Cc,r=abc')
  const wish = one.respond(octetsOf('r=abcX,s=QSXCR+Q6sek8bf92,i=4096'))
  assert.ok(wish.type === 'wish')
  const c = Buffer.from('n,a=d,').toString('base64')
  assert.ok(wish.wish.authMessage.endsWith(`,c=${c},r=abcX`))
})

test('a password is one text however it was typed (RFC 4013 §3)', () => {
  for (const [typed, meant] of [
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['a\u00a0b', 'a b'],
  ] as const) {
    assert.equal(prepareText(typed), meant)
  }
  assert.deepEqual(encodeUtf8(prepareText('e\u0301')), encodeUtf8('\u00e9'))
})
