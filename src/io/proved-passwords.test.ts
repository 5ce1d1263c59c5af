import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword } from './password.ts'
import { ProvedPasswords } from './proved-passwords.ts'

const minute = 60_000

/** Hashes are `hash of …`; `asked` tells which were worked out. */
function open() {
  const asked: string[] = []
  const clock = { now: 5_000_000 }
  const passwords = new ProvedPasswords(
    () => clock.now,
    async (password, hash) => {
      asked.push(`${password}|${hash}`)
      return hash?.endsWith(`hash of ${password}`) ?? false
    },
  )
  return { asked, clock, passwords }
}

test('a password that was right is not worked out again', async () => {
  const { asked, passwords } = open()
  for (let n = 0; n < 3; n++) assert.equal(await passwords.check('a', 'hash of a'), true)
  assert.deepEqual(asked, ['a|hash of a'])
})

test('the first of the answers counts for ten minutes, and is not made longer by asking', async () => {
  const { asked, clock, passwords } = open()
  await passwords.check('a', 'hash of a')
  clock.now += 10 * minute - 1
  await passwords.check('a', 'hash of a')
  assert.equal(asked.length, 1)
  clock.now += 1
  await passwords.check('a', 'hash of a')
  assert.equal(asked.length, 2)
  await passwords.check('a', 'hash of a')
  assert.equal(asked.length, 2, 'and then anew')
})

test('a clock that was set back proves nothing', async () => {
  const { asked, clock, passwords } = open()
  await passwords.check('a', 'hash of a')
  clock.now -= 1
  await passwords.check('a', 'hash of a')
  assert.equal(asked.length, 2)
})

test('a wrong password is worked out each time, before and after the right one', async () => {
  const { asked, passwords } = open()
  assert.equal(await passwords.check('b', 'hash of a'), false)
  assert.equal(await passwords.check('b', 'hash of a'), false)
  assert.equal(await passwords.check('a', 'hash of a'), true)
  assert.equal(await passwords.check('b', 'hash of a'), false)
  assert.equal(asked.length, 4)
})

test('another hash of the same password is another proof', async () => {
  const { asked, passwords } = open()
  await passwords.check('a', 'hash of a')
  assert.equal(await passwords.check('a', 'hash of b'), false, 'it was changed')
  assert.equal(await passwords.check('a', 'new hash of a'), true)
  assert.equal(asked.length, 3)
})

test('where there is no such account the work is done each time', async () => {
  const { asked, passwords } = open()
  for (let n = 0; n < 2; n++) assert.equal(await passwords.check('a', undefined), false)
  assert.deepEqual(asked, ['a|undefined', 'a|undefined'])
})

test('a thousand are known; the one that was proved first is forgotten', async () => {
  const { asked, passwords } = open()
  for (let n = 0; n <= 1000; n++) await passwords.check(`${n}`, `hash of ${n}`)
  asked.length = 0
  await passwords.check('1', 'hash of 1')
  assert.deepEqual(asked, [])
  await passwords.check('0', 'hash of 0')
  assert.deepEqual(asked, ['0|hash of 0'])
})

test('with a real hash', async () => {
  const hash = await hashPassword('correct horse')
  const passwords = new ProvedPasswords(() => 0)
  for (let n = 0; n < 2; n++) {
    assert.equal(await passwords.check('correct horse', hash), true)
    assert.equal(await passwords.check('wrong horse', hash), false)
  }
})
