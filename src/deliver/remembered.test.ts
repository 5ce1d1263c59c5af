import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAnswer } from '../answers/read-answer.ts'
import type { AtCommand } from '../smtp/client-types.ts'
import { refusedBy } from '../smtp/failure.ts'
import { reply } from '../smtp/reply.ts'
import { type AddressMemory, rememberedOf } from './remembered.ts'

type Concluded = Parameters<typeof rememberedOf>[0]

function refused(recipient: string, atCommand: AtCommand, text: string): Concluded {
  const outcome = refusedBy(reply(550, '5.1.1', text), atCommand)
  assert.ok(outcome.result === 'failed')
  const { status, text: because } = outcome
  const item = { recipient, journeyId: 'j1' } as Concluded['attempt']['item']
  const result = { result: 'failed', status, because, outcome } as const
  const attempt = { item, result, host: '', ip: '', lines: [], refusedToTalk: false }
  return { attempt, outcome: { type: 'failed' } as Concluded['outcome'] }
}

/** Which of the recipients of one letter are struck. */
async function struck(same: readonly Concluded[]): Promise<string[]> {
  const addresses: string[] = []
  const memory: AddressMemory = {
    refused: ({ address }) => {
      addresses.push(address)
      return Promise.resolve([])
    },
    delivered: () => [],
  }
  for (const one of same) {
    const { outcome } = one.attempt.result
    assert.ok(outcome !== undefined && outcome.result !== 'accepted')
    await rememberedOf(one, readAnswer(outcome), { memory, now: 0, same })
  }
  return addresses
}

test('one reply to the content strikes a sole recipient, and none of several', async () => {
  const [ann, bob] = (['MESSAGE', 'DATA'] as const).map((at) => refused('ann', at, 'User unknown'))
  assert.ok(ann !== undefined && bob !== undefined)
  assert.deepEqual(await struck([ann]), ['ann'])
  assert.deepEqual(await struck([ann, refused('bob', 'MESSAGE', 'User unknown')]), [])
  assert.deepEqual(await struck([bob, refused('cid', 'DATA', 'User unknown')]), [])
})

test('who is refused at RCPT, or by a reply of their own, is struck', async () => {
  const atRcpt = ['ann', 'bob'].map((name) => refused(name, 'RCPT', 'User unknown'))
  assert.deepEqual(await struck(atRcpt), ['ann', 'bob'])
  // LMTP has a reply for each recipient.
  const own = ['ann', 'bob'].map((name) => refused(name, 'MESSAGE', `No such user: ${name}`))
  assert.deepEqual(await struck(own), ['ann', 'bob'])
})
