import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appCode } from '../io/test-support/totp-app.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { perform } from './act.ts'
import { InTurn } from './in-turn.ts'
import { totpAdd, totpConfirm, totpRemove } from './second-factor-operations.ts'
import { SecondFactorDesk } from './second-factors.ts'

const residents = {
  domains: [{ name: 'south.example', origin: 'settings' }],
  accounts: [{ address: 'Ann@south.example', origin: 'store', mayLogIn: true, aliases: [] }],
  aliases: [],
} as const

const actor = { by: 'root', door: 'command line', why: '' } as const

function open() {
  const store = openMemoryStore()
  const clock = { step: 1000 }
  const desk = new SecondFactorDesk({
    port: store.secondFactors,
    residents: () => Promise.resolve(residents),
    now: () => clock.step * 30_000,
    turn: new InTurn(),
  })
  const place = { desk: { secondFactors: desk }, acts: store.acts, now: () => 5 }
  /** The code of an app whose clock is so many steps off. */
  const code = async (who: string, off = 0): Promise<string> => {
    const secret = (await store.secondFactors.find(who))?.secret ?? ''
    return appCode(secret, clock.step + off)
  }
  return { store, desk, place, clock, code }
}

type Opened = ReturnType<typeof open>

async function setUp({ desk, code, clock }: Opened, who = 'operator'): Promise<readonly string[]> {
  await desk.begin(who)
  const { codes } = await desk.confirm(who, await code(who))
  clock.step++
  return codes
}

test('a code is asked for once one was seen, and no code works twice', async () => {
  const opened = open()
  const { desk, code, clock } = opened
  assert.equal(await desk.check('operator', undefined), 'none')
  await desk.begin('operator')
  assert.equal(await desk.check('operator', undefined), 'none')
  assert.equal(await desk.isWanted('operator'), false)
  const first = await code('operator')
  await desk.confirm('operator', first)
  assert.equal(await desk.isWanted('operator'), true)
  assert.equal(await desk.check('operator', undefined), 'missing')
  assert.equal(await desk.check('operator', ' '), 'missing')
  assert.equal(await desk.check('operator', first), 'wrong', 'it was used to confirm')
  clock.step++
  const next = await code('operator')
  const both = await Promise.all([desk.check('operator', next), desk.check('operator', next)])
  assert.deepEqual(both.toSorted(), ['right', 'wrong'])
})

test('a clock may be one step off', async () => {
  const opened = open()
  await setUp(opened)
  const { desk, code, clock } = opened
  clock.step += 10
  assert.equal(await desk.check('operator', await code('operator', -2)), 'wrong')
  assert.equal(await desk.check('operator', await code('operator', -1)), 'right')
  assert.equal(await desk.check('operator', await code('operator', 1)), 'right')
  assert.equal(await desk.check('operator', await code('operator', 0)), 'wrong', 'a later one was')
})

test('each recovery code stands once for a code, however it is typed', async () => {
  const opened = open()
  const [one = '', other = '', ...more] = await setUp(opened)
  const { desk, store } = opened
  assert.equal(more.length, 6)
  assert.equal(await desk.check('operator', one.toUpperCase()), 'right')
  assert.equal(await desk.check('operator', one), 'wrong')
  assert.equal(await desk.check('operator', other.replace('-', ' ')), 'right')
  const kept = await store.secondFactors.find('operator')
  assert.equal(kept?.recovery.length, 6)
  assert.doesNotMatch(JSON.stringify(kept), new RegExp(other.slice(0, 5)))
})

test('after five wrong codes none is looked at for five minutes', async () => {
  const opened = open()
  await setUp(opened)
  const { desk, code, clock } = opened
  for (let n = 0; n < 4; n++) assert.equal(await desk.check('operator', '000000'), 'wrong')
  assert.equal(await desk.check('operator', await code('operator')), 'right', 'that forgives them')
  for (let n = 0; n < 5; n++) assert.equal(await desk.check('operator', '000000'), 'wrong')
  clock.step++
  assert.equal(await desk.check('operator', await code('operator')), 'closed')
  clock.step += 9
  assert.equal(await desk.check('operator', await code('operator')), 'right')
})

test('an account has one of its own; nobody else has one', async () => {
  const opened = open()
  await setUp(opened, 'ann@SOUTH.example')
  const { desk } = opened
  assert.equal(await desk.check('Ann@south.example', undefined), 'missing')
  assert.equal(await desk.check('operator', undefined), 'none')
  await assert.rejects(desk.begin('bob@south.example'), { code: 'usage' })
  await assert.rejects(desk.begin('ann@south.example'), /has a second factor already/)
  assert.equal(await desk.remove('ANN@south.example'), 'Ann@south.example')
  assert.equal(await desk.check('Ann@south.example', undefined), 'none')
  await assert.rejects(desk.remove('ann@south.example'), { code: 'not-found' })
})

test('what is done leaves an act, without secret and codes', async () => {
  const { place, store, code } = open()
  const { secret } = await perform(totpAdd, place, { input: { who: 'operator' }, actor })
  const wrong = { who: 'operator', code: '000000' }
  await assert.rejects(perform(totpConfirm, place, { input: wrong, actor }), /not the code/)
  const input = { who: 'operator', code: await code('operator') }
  const { codes } = await perform(totpConfirm, place, { input, actor })
  await assert.rejects(perform(totpConfirm, place, { input, actor }), /Nothing is to be confirmed/)
  await perform(totpRemove, place, { input: { who: 'operator' }, actor })
  const acts = await store.acts.list({ limit: 9 })
  assert.deepEqual(
    acts.map(({ what, detail }) => [what, detail]),
    ['remove', 'confirm', 'add'].map((what) => [`totp ${what}`, { who: 'operator' }]),
  )
  assert.doesNotMatch(JSON.stringify(acts), new RegExp([secret, ...codes].join('|')))
})
