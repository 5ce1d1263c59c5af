import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AskedFor } from '../receive/recipient.ts'
import { closedNetwork } from './network.ts'

const asked: AskedFor = { path: { type: 'postmaster' }, by: 'user', ip: '', mailFrom: '' }

test('nothing leaves a closed network, and the refusal says so', async () => {
  const network = closedNetwork({ people: ['ann@south.example'], origins: ['north.example'] })
  assert.equal(network.hint, 'The lab has ann@south.example.')
  const words = async (destination: string): Promise<string | undefined> => {
    const lead = { type: 'remote', recipient: `x@${destination}`, destination } as const
    return (await network.refusal(asked, lead))?.lines[0]
  }
  assert.equal(await words('north.example'), undefined)
  assert.equal(await words('news.north.example'), undefined)
  for (const destination of ['elsewhere.example', 'xnorth.example', '[192.0.2.1]']) {
    assert.match((await words(destination)) ?? '', /^This is the lab, and \S+ is not in it/)
  }
  const lead = { type: 'mailbox', accounts: [{ id: 'a', address: 'a' }] } as const
  assert.equal(await network.refusal(asked, lead), undefined)
})
