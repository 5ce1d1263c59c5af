import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { Directory, Login } from '../directory/directory.ts'
import type { Guard } from './guard.ts'
import { type SubmissionOptions, SubmissionPort } from './submission.ts'

function nobodyAsks(): never {
  throw new Error('nobody asks')
}

/** A port at which one login waits for its password to be checked; places of the account are counted. */
function open(): {
  readonly port: SubmissionPort
  readonly checked: (user: Login | undefined) => void
  readonly places: () => number
} {
  let [places, checked]: [number, (user: Login | undefined) => void] = [0, () => {}]
  const directory: Directory = {
    marks: undefined,
    login: () => new Promise((resolve) => (checked = resolve)),
    isLocal: nobodyAsks,
    lead: nobodyAsks,
    identities: nobodyAsks,
    signingKeys: nobodyAsks,
  }
  const guard: Pick<Guard, 'login' | 'enterAccount'> = {
    login: async (_input, check) => {
      const user = await check()
      return user === undefined ? { type: 'wrong' } : { type: 'right', user }
    },
    enterAccount: () => {
      places++
      return { type: 'admitted', leave: () => void places-- }
    },
  }
  const options: SubmissionOptions = {
    hostname: 'mx.south.example',
    directory,
    guard,
    clock: new ManualClock(),
    random: nobodyAsks,
    post: { place: nobodyAsks, own: nobodyAsks },
  }
  return {
    port: new SubmissionPort(options),
    checked: (user) => checked(user),
    places: () => places,
  }
}

const user: Login = { id: 'you', address: 'you@south.example', passwordMark: 'm' }
const question = {
  type: 'auth',
  mechanism: 'PLAIN',
  username: 'you@south.example',
  password: 'letmein',
  authorizationId: '',
} as const

test('a login holds a place of its account until the connection is over', async () => {
  const { port, checked, places } = open()
  const answer = port.login(question, '192.0.2.1')
  checked(user)
  assert.equal(await answer, undefined)
  assert.equal(places(), 1)
  port.closed()
  port.closed()
  assert.equal(places(), 0)
})

test('who leaves while the password is checked holds no place', async () => {
  const { port, checked, places } = open()
  const answer = port.login(question, '192.0.2.1')
  port.closed()
  checked(user)
  await answer
  assert.equal(places(), 0)
})

test('a wrong login, and one in another name, hold no place', async () => {
  for (const [found, authorizationId] of [
    [undefined, ''],
    [user, 'other@south.example'],
  ] as const) {
    const { port, checked, places } = open()
    const answer = port.login({ ...question, authorizationId }, '192.0.2.1')
    checked(found)
    assert.equal((await answer)?.reply.code, 535)
    assert.equal(places(), 0)
  }
})
