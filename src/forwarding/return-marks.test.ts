import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMailbox } from '../address/mailbox.ts'
import { makeId } from '../base/id.ts'
import {
  ownEnvelopeId,
  readOwnEnvelopeId,
  readVerp,
  recipientTag,
  type ReturnMarks,
  verpAddress,
  type VerpRead,
} from './return-marks.ts'

const now = Date.UTC(2026, 10, 28)
const dayMs = 86_400_000
const letter = makeId(now, () => 0.5)
const secret = 'a secret of the test'
const marks: ReturnMarks = { secret, verp: ['*'], envelopeId: true }
const copy = { letter, sender: 'ann@north.example', recipient: 'bob@south.example' }

function read(address: string, more: Partial<{ secret: string; now: number }> = {}): VerpRead {
  const at = address.lastIndexOf('@')
  const path = { local: address.slice(0, at), domain: address.slice(at + 1) }
  return readVerp(path, { secret, now, ...more })
}

function made(change: Partial<typeof copy> = {}): string {
  return verpAddress({ ...copy, ...change }, marks) ?? assert.fail('no address')
}

test('a reverse-path says which letter, which recipient and whose, in the domain of the sender', () => {
  const address = made()
  assert.match(address, /^ann\+b-[0-9a-z]{16}-[a-z2-7]{5}-[a-z2-7]{10}@north\.example$/)
  assert.ok(parseMailbox(address).ok)
  const tag = recipientTag(copy, secret)
  assert.deepEqual(read(address), { type: 'copy', letter, tag, local: 'ann' })
  assert.notEqual(address, made({ recipient: 'eve@south.example' }))
  assert.notEqual(address, made({ sender: 'bob@north.example' }))
  // Servers between may change the case of it.
  const loud = read(address.toUpperCase())
  assert.ok(loud.type === 'copy' && loud.letter === letter && loud.tag === tag)
})

test('a tag of the sender stays', () => {
  assert.deepEqual(read(made({ sender: 'ann+shop@north.example' })), {
    type: 'copy',
    letter,
    tag: recipientTag(copy, secret),
    local: 'ann+shop',
  })
})

test('what is made up, changed, or of another secret is refused', () => {
  const address = made()
  const refused = { type: 'refused', why: 'forged' }
  assert.deepEqual(read(address, { secret: 'another' }), refused)
  assert.deepEqual(read(address.replace('ann+', 'eve+')), refused)
  assert.deepEqual(read(address.replace('north', 'west')), refused)
  // Each octet of the mark counts.
  const at = address.indexOf('+b-') + 3
  for (let i = at; i < address.indexOf('@'); i++) {
    if (address[i] === '-') continue
    const other = address[i] === '3' ? '4' : '3'
    const changed = read(address.slice(0, i) + other + address.slice(i + 1))
    assert.deepEqual(changed, refused, `octet ${i}`)
  }
  for (const plain of ['ann@n.example', 'ann+b-x@n.example', '+b-@n.example', '@n.example']) {
    assert.deepEqual(read(plain), { type: 'none' })
  }
})

test('a mark is good for three weeks', () => {
  const address = made()
  const envid = ownEnvelopeId(letter, secret)
  for (const [days, good] of [
    [0, true],
    [-0.5, true],
    [-2, false],
    [21, true],
    [21.1, false],
  ] as const) {
    const at = now + days * dayMs
    assert.equal(read(address, { now: at }).type, good ? 'copy' : 'refused', `${days} days`)
    assert.equal(readOwnEnvelopeId(envid, { secret, now: at }), good ? letter : undefined)
  }
})

test('who does not want one, or has no room for one, keeps the plain address', () => {
  const wanted = (verp: readonly string[], sender = copy.sender): boolean => {
    return verpAddress({ ...copy, sender }, { ...marks, verp }) !== undefined
  }
  assert.equal(wanted([]), false)
  assert.equal(wanted(['North.example']), true)
  assert.equal(wanted(['Ann@north.example']), true)
  assert.equal(wanted(['bob@north.example', 'south.example']), false)
  assert.equal(wanted(['*'], `${'a'.repeat(28)}@north.example`), true)
  assert.equal(wanted(['*'], `${'a'.repeat(29)}@north.example`), false)
  assert.equal(wanted(['*'], '"a b"@north.example'), false)
  assert.equal(wanted(['*'], 'ü@north.example'), false)
  assert.equal(verpAddress({ ...copy, letter: 'j1' }, marks), undefined)
})

test('an ENVID of ours is known, short, and good for nothing else', () => {
  const envid = ownEnvelopeId(letter, secret)
  assert.ok(
    envid.length <= 38 && /^[!-*,-<>-~]+$/.test(envid),
    'RFC 3461 §5.4, and no xtext needed',
  )
  assert.equal(readOwnEnvelopeId(envid, { secret, now }), letter)
  for (const other of ['', letter, `${letter}.aaaaaaaaaa`, `${envid}a`, ` ${envid}`]) {
    assert.equal(readOwnEnvelopeId(other, { secret, now }), undefined, other)
  }
  assert.equal(readOwnEnvelopeId(envid, { secret: 'another', now }), undefined)
})

test('whatever stands in an address is read without a fault (property)', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (local, domain) => {
      const { type } = readVerp({ local, domain }, { secret, now })
      assert.notEqual(type, 'copy')
      readOwnEnvelopeId(local, { secret, now })
    }),
  )
})
