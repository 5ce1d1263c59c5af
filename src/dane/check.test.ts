import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import type { TlsaRecord } from '../dns/resolver.ts'
import type { ChainCertificate, Digest } from './chain.ts'
import { checkDane, type DaneInput } from './check.ts'

const now = Date.UTC(2026, 10, 1)
const dayMs = 86_400_000

const digest: Digest = (algorithm, octets) => createHash(algorithm).update(octets).digest()

function certificate(name: string, changes: Partial<ChainCertificate> = {}): ChainCertificate {
  return {
    certificate: encodeUtf8(`certificate of ${name}`),
    publicKey: encodeUtf8(`key of ${name}`),
    dnsNames: [],
    commonName: '',
    notBefore: now - dayMs,
    notAfter: now + dayMs,
    isAuthority: true,
    signedByNext: true,
    ...changes,
  }
}

const own = certificate('mx', { dnsNames: ['mx.south.example'], isAuthority: false })
const middle = certificate('middle')
const root = certificate('root')
const chain = [own, middle, root]

/** A record that points to a certificate. */
function of(
  one: ChainCertificate,
  usage: number,
  selector: 0 | 1,
  matchingType: number,
): TlsaRecord {
  const octets = selector === 0 ? one.certificate : one.publicKey
  const value =
    matchingType === 0 ? octets : digest(matchingType === 1 ? 'sha256' : 'sha512', octets)
  return { usage, selector, matchingType, data: Buffer.from(value).toString('hex') }
}

function check(records: readonly TlsaRecord[], changes: Partial<DaneInput> = {}): string {
  const verdict = checkDane({
    records,
    chain,
    names: ['mx.south.example', 'south.example'],
    now,
    digest,
    ...changes,
  })
  return verdict.result === 'match' ? `match at ${verdict.depth}` : verdict.reason
}

test('each usage, selector and matching type finds its certificate, and no other', () => {
  for (const selector of [0, 1] as const) {
    for (const matchingType of [0, 1, 2]) {
      const named = `${selector} ${matchingType}`
      assert.equal(check([of(own, 3, selector, matchingType)]), 'match at 0', `3 ${named}`)
      assert.equal(check([of(middle, 3, selector, matchingType)]), 'no-match', `3 ${named}`)
      assert.equal(check([of(middle, 2, selector, matchingType)]), 'match at 1', `2 ${named}`)
      assert.equal(check([of(root, 2, selector, matchingType)]), 'match at 2', `2 ${named}`)
      // The server's own certificate is nobody's issuer.
      assert.equal(check([of(own, 2, selector, matchingType)]), 'no-match', `2 ${named}`)
      const other = certificate('somebody else')
      assert.equal(check([of(other, 2, selector, matchingType)]), 'no-match', `2 ${named}`)
    }
  }
})

test('one record that matches is enough, wherever it stands', () => {
  const wrong = of(certificate('an old one'), 3, 1, 1)
  assert.equal(check([wrong, of(own, 3, 1, 1)]), 'match at 0')
  assert.equal(check([wrong, wrong]), 'no-match')
  assert.equal(check([]), 'no-match')
})

test('a key of one selector is not the certificate of the other', () => {
  assert.equal(check([{ ...of(own, 3, 1, 1), selector: 0 }]), 'no-match')
  assert.equal(check([{ ...of(own, 3, 0, 1), selector: 1 }]), 'no-match')
})

test('DANE-EE looks at nothing but the certificate: not at its dates, names or signature', () => {
  for (const changes of [
    { notAfter: now - dayMs },
    { notBefore: now + dayMs },
    { dnsNames: ['elsewhere.example'] },
    { dnsNames: [] },
    { signedByNext: false },
  ]) {
    const odd = certificate('mx', { ...own, ...changes })
    assert.equal(check([of(odd, 3, 1, 1)], { chain: [odd, middle] }), 'match at 0')
    assert.equal(check([of(odd, 3, 1, 1)], { chain: [odd] }), 'match at 0')
  }
})

test('DANE-TA wants every date and signature up to the anchor, and authorities alone to sign', () => {
  for (const [changes, at, expected] of [
    [{ notAfter: now - 1 }, 0, 'expired'],
    [{ notAfter: now - 1 }, 1, 'expired'],
    [{ notAfter: now - 1 }, 2, 'expired'],
    [{ notAfter: now, notBefore: now }, 1, 'match at 2'],
    [{ notBefore: now + 1 }, 0, 'not-yet-valid'],
    [{ notBefore: now + 1 }, 2, 'not-yet-valid'],
    [{ signedByNext: false }, 0, 'bad-signature'],
    [{ signedByNext: false }, 1, 'bad-signature'],
    // What signs the anchor itself is of no interest.
    [{ signedByNext: false }, 2, 'match at 2'],
    [{ isAuthority: false }, 1, 'not-an-authority'],
    [{ isAuthority: false }, 2, 'not-an-authority'],
    [{ isAuthority: false }, 0, 'match at 2'],
  ] as const) {
    const odd = chain.map((one, place) => (place === at ? { ...one, ...changes } : one))
    assert.equal(
      check([of(root, 2, 0, 1)], { chain: odd }),
      expected,
      JSON.stringify([changes, at]),
    )
  }
})

test('what lies above the anchor is not looked at', () => {
  const odd = chain.map((one, place) => (place === 2 ? { ...one, notAfter: 0 } : one))
  assert.equal(check([of(middle, 2, 1, 1)], { chain: odd }), 'match at 1')
})

test('DANE-TA wants one of the names in the certificate of the server', () => {
  for (const [changes, names, expected] of [
    [{ dnsNames: ['mx.south.example'] }, ['mx.south.example'], 'match at 1'],
    [{ dnsNames: ['south.example'] }, ['mx.south.example', 'south.example'], 'match at 1'],
    [{ dnsNames: ['*.south.example'] }, ['mx.south.example'], 'match at 1'],
    [{ dnsNames: ['*.south.example'] }, ['south.example'], 'wrong-name'],
    [{ dnsNames: ['*.south.example'] }, ['a.mx.south.example'], 'wrong-name'],
    [{ dnsNames: ['mx.south.example'] }, ['mx.north.example'], 'wrong-name'],
    [{ dnsNames: [] }, ['mx.south.example'], 'wrong-name'],
    // RFC 7672 §3.2.3: a common name counts where there is nothing else.
    [{ dnsNames: [], commonName: 'mx.south.example' }, ['mx.south.example'], 'match at 1'],
    [
      { dnsNames: ['a.south.example'], commonName: 'mx.south.example' },
      ['mx.south.example'],
      'wrong-name',
    ],
  ] as const) {
    const named = { ...own, ...changes }
    const result = check([of(middle, 2, 0, 1)], { chain: [named, middle], names })
    assert.equal(result, expected, JSON.stringify([changes, names]))
  }
})

test('an anchor that does not hold is told, unless another record does', () => {
  const odd = [{ ...own, dnsNames: ['elsewhere.example'] }, middle]
  assert.equal(check([of(middle, 2, 0, 1)], { chain: odd }), 'wrong-name')
  assert.equal(check([of(middle, 2, 0, 1), of(own, 3, 1, 1)], { chain: odd }), 'match at 0')
})

test('an anchor that the server does not send is none', () => {
  assert.equal(check([of(root, 2, 0, 1)], { chain: [own, middle] }), 'no-match')
})

test('a server without a certificate proves nothing', () => {
  assert.equal(check([of(own, 3, 1, 1)], { chain: [] }), 'no-certificate')
})

test('the record that matched is told as a zone file has it', () => {
  const record = of(own, 3, 1, 1)
  const verdict = checkDane({ records: [record], chain, names: [], now, digest })
  assert.deepEqual(verdict, { result: 'match', record: `3 1 1 ${record.data}`, depth: 0 })
})
