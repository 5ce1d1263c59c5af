import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMailbox } from '../address/mailbox.ts'
import { leadOf } from '../directory/directory.ts'
import { generateDkimKey } from '../dkim/dkim.ts'
import { passwordMark } from '../io/password.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import { AskedDirectory, withoutPasswords } from './asked-directory.ts'
import { Calls } from './calls.ts'
import type { OfMain, People } from './questions.ts'

function key(domain: string): DkimKeyRow {
  const { privateKey } = generateDkimKey('ed25519')
  return { domain, selector: 'wb1', algorithm: 'ed25519', privateKey, createdAt: 0, active: true }
}

function people(domain: string): People {
  const account = { address: `ann@${domain}`, aliases: [`a@${domain}`], passwordHash: 'a hash' }
  return { residents: { domains: [domain], accounts: [account] }, keys: [key(domain)] }
}

const mark = passwordMark('a hash')

/** The main thread: what it is asked, and Ann's password. */
function mainThread(): { readonly main: Calls<OfMain>; readonly asked: unknown[] } {
  const asked: unknown[] = []
  const fault = (problem: unknown): void => assert.fail(String(problem))
  const main: Calls<OfMain> = new Calls<OfMain>({ post: (message) => there.take(message), fault })
  const there = new Calls<object>({ post: (message) => main.take(message), fault })
  there.serve({
    passwordOf(input: { readonly name: string; readonly password: string }) {
      asked.push(input)
      const { name, password } = input
      return password === 'letmein' ? { id: name, address: name, passwordMark: mark } : undefined
    },
  })
  return { main, asked }
}

test('who lives here is known on the thread, and whose password it is the main thread says', async () => {
  const { main, asked } = mainThread()
  const directory = new AskedDirectory(main, withoutPasswords(people('south.example')))
  const ann = { id: 'ann@south.example', address: 'ann@south.example' }
  assert.ok(directory.isLocal('south.example') && !directory.isLocal('north.example'))
  assert.deepEqual(await leadOf(directory, 'a@south.example'), { type: 'mailbox', accounts: [ann] })
  assert.equal((await leadOf(directory, 'bob@south.example')).type, 'nobody')
  const alias = parseMailbox('a@south.example')
  const login = { ...ann, passwordMark: mark }
  assert.ok(alias.ok && directory.identities(login)?.covers(alias.value))
  assert.equal(directory.identities({ ...login, passwordMark: 'of another one' }), undefined)
  assert.equal(directory.signingKeys('south.example').length, 1)
  assert.equal(asked.length, 0)
  assert.deepEqual(await directory.login('ann@south.example', 'letmein'), login)
  assert.equal(await directory.login('ann@south.example', 'wrong'), undefined)
  assert.deepEqual(asked[0], { name: 'ann@south.example', password: 'letmein' })
})

test('others live here from now on, and other keys sign', async () => {
  const directory = new AskedDirectory(mainThread().main, people('south.example'))
  directory.replace(people('west.example'))
  assert.ok(directory.isLocal('west.example') && !directory.isLocal('south.example'))
  assert.equal((await leadOf(directory, 'a@west.example')).type, 'mailbox')
  assert.deepEqual(
    [directory.signingKeys('south.example').length, directory.signingKeys('west.example').length],
    [0, 1],
  )
})

test('no hash of a password goes to a thread, and all else does', () => {
  const all = people('south.example')
  const told = withoutPasswords(all)
  assert.ok(!JSON.stringify(told).includes('a hash'))
  const [ann] = told.residents.accounts
  assert.deepEqual([ann?.address, ann?.aliases], ['ann@south.example', ['a@south.example']])
  assert.deepEqual([told.residents.domains, told.keys], [['south.example'], all.keys])
})
