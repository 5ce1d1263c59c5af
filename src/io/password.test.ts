import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { test } from 'node:test'
import { checkPassword, hashPassword, isPasswordHash } from './password.ts'

test('a password belongs to its hash, and no other one does', async () => {
  const hash = await hashPassword('correct horse')
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  assert.ok(isPasswordHash(hash))
  assert.equal(await checkPassword('correct horse', hash), true)
  for (const wrong of ['correct horsf', 'Correct horse', 'correct horse ', '']) {
    assert.equal(await checkPassword(wrong, hash), false, wrong)
  }
})

test('a password is the same in each form of Unicode, and with each kind of space (RFC 8265 §4.2)', async () => {
  const typed = [
    '\u00e9t\u00e9 bleu',
    'e\u0301te\u0301 bleu',
    '\u00e9t\u00e9\u00a0bleu',
    'e\u0301t\u00e9\u3000bleu',
  ]
  const hashes = await Promise.all(typed.map(hashPassword))
  for (const hash of hashes) {
    for (const password of typed) assert.equal(await checkPassword(password, hash), true)
    // No letter is taken for another one: neither its case, nor its width, nor a ligature.
    for (const other of [
      'ete bleu',
      '\u00c9t\u00e9 bleu',
      '\u00e9t\u00e9 \uff42leu',
      '\u00e9t\u00e9bleu',
    ]) {
      assert.equal(await checkPassword(other, hash), false, other)
    }
  }
})

test('a hash of a password as it was typed, by an earlier release, holds', async () => {
  const salt = Buffer.from('somesaltsomesalt')
  const nfd = 'e\u0301te\u0301'
  const cost = { memory: 64, passes: 1, parallelism: 1, tagLength: 32 }
  const hash = argon2Sync('argon2id', { message: Buffer.from(nfd), nonce: salt, ...cost })
  const [a, b] = [salt, hash].map((octets) => octets.toString('base64').replace(/=+$/, ''))
  const text = `$argon2id$v=19$m=64,t=1,p=1$${a}$${b}`
  assert.equal(await checkPassword(nfd, text), true)
  assert.equal(await checkPassword('ete', text), false)
})

test('the same password never has the same hash twice', async () => {
  assert.notEqual(await hashPassword('x'), await hashPassword('x'))
})

test('letters of every script and the empty password are passwords', async () => {
  for (const password of ['пароль', '密碼🔑', '', 'x'.repeat(4096), 'a\0b']) {
    const hash = await hashPassword(password)
    assert.equal(await checkPassword(password, hash), true)
    assert.equal(await checkPassword(`${password}.`, hash), false)
  }
})

test('a hash of another program is understood, whatever it cost', async () => {
  const hash = argon2Sync('argon2id', {
    message: Buffer.from('password'),
    nonce: Buffer.from('somesaltsomesalt'),
    memory: 64,
    passes: 3,
    parallelism: 4,
    tagLength: 24,
  }).toString('base64')
  const salt = Buffer.from('somesaltsomesalt').toString('base64').replace(/=+$/, '')
  const text = `$argon2id$v=19$m=64,t=3,p=4$${salt}$${hash.replace(/=+$/, '')}`
  assert.ok(isPasswordHash(text))
  assert.equal(await checkPassword('password', text), true)
  assert.equal(await checkPassword('Password', text), false)
})

test('what is no hash is no hash, and no password belongs to it', async () => {
  const good = await hashPassword('x')
  for (const text of [
    '',
    'letmein',
    '$2b$10$abcdefghijklmnopqrstuv',
    good.replace('argon2id', 'argon2i'),
    good.replace('v=19', 'v=16'),
    good.slice(0, -40),
    `${good} `,
    // Costs that cannot be, or that would take the machine down with each log-in.
    good.replace('m=19456', 'm=7'),
    good.replace('p=1', 'p=0'),
    good.replace('t=2', 't=0'),
    good.replace('m=19456,t=2,p=1', 'm=16,t=2,p=4'),
    good.replace('m=19456', 'm=9999999'),
  ]) {
    assert.equal(isPasswordHash(text), false, text)
    assert.equal(await checkPassword('x', text), false, text)
  }
})

test('a name without an account costs the same work as a wrong password', async () => {
  const hash = await hashPassword('x')
  const cost = async (against: string | undefined): Promise<number> => {
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      const began = performance.now()
      assert.equal(await checkPassword('y', against), false)
      times.push(performance.now() - began)
    }
    return Math.min(...times)
  }
  const [known, unknown] = [await cost(hash), await cost(undefined)]
  assert.ok(unknown > known / 4, `${unknown} ms against ${known} ms`)
})
