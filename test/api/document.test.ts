import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeldApi } from './asking.ts'
import { beHindered } from './hindrances.ts'
import { openCatch, openOwn, openTheLab } from './servers.ts'
import {
  breakAndMend,
  helloInLab,
  lookAt,
  bringBack,
  bringReports,
  holdAndRelease,
  keepBack,
  keyFor,
  lookAround,
  openReceiver,
  playInLab,
  sendOne,
  settleInVain,
  settlePeople,
  tellByHook,
} from './stories.ts'

const unseen: (readonly string[])[] = []

/** All that was asked fits; what did not come here is for another server to show. */
function fits(api: HeldApi): void {
  assert.deepEqual(Array.from(api.misfits), [])
  unseen.push(api.document.unseen)
}

test('what a server of one’s own answers is what its document says', async (t) => {
  const { api, token } = await openOwn(t)
  await settlePeople(api)
  const id = await sendOne(api, 'ann@south.example', ['ann@south.example', 'w@west.example'])
  await lookAt(api, id)
  await holdAndRelease(api, id)
  await keepBack(api)
  await bringReports(api)
  await tellByHook(api, 'https://hooks.example/', async () => undefined)
  const send = await keyFor(api, 'send')
  const read = await keyFor(api, 'read')
  const { json } = await api.json('GET', '/v1/keys')
  await beHindered(api, ({ method }) => (method === 'GET' ? send : read))
  const [key] = json['data'] as readonly { readonly id: string }[]
  await api.ask('DELETE', `/v1/keys/${key?.id ?? ''}`)
  await api.ask('POST', '/v1/session', { json: { token } })
  await api.ask('DELETE', '/v1/session')
  // One more than its settings let pass.
  for (let n = 0; n < 4; n++) await api.ask('POST', '/v1/session', { json: { token: 'wrong' } })
  fits(api)
})

test('what a catcher answers is what its document says', async (t) => {
  const api = await openCatch(t)
  await lookAround(api)
  const id = await sendOne(api, 'app@shop.example', ['anybody@far.example'])
  await lookAt(api, id)
  const receiver = await openReceiver(t)
  await tellByHook(api, receiver.url, async () => {
    await api.ask('POST', '/v1/messages', {
      json: { from: 'a@b.example', to: 'c@d.example', text: 'x' },
    })
    await receiver.told
  })
  await breakAndMend(api, '/v1/catch/faults')
  await settleInVain(api)
  await keepBack(api)
  await api.ask('POST', '/v1/messages/delete', { json: { ids: [id] } })
  await beHindered(api)
  fits(api)
})

test('what the lab answers is what its document says', async (t) => {
  const api = await openTheLab(t)
  await lookAround(api)
  await sendOne(api, 'sender@north.example', ['receiver@south.example'])
  const id = await helloInLab(api)
  await lookAt(api, id)
  await bringReports(api)
  const { text } = await api.ask('GET', `/v1/messages/${id}/export`)
  await bringBack(api, Buffer.from(text, 'latin1'))
  await beHindered(api)
  await playInLab(api)
  fits(api)
})

test('each path and method of a document has an answer of each kind here', () => {
  assert.equal(unseen.length, 3)
  const all = unseen.flat()
  const nowhere = new Set(all.filter((one) => unseen.every((some) => some.includes(one))))
  assert.deepEqual(Array.from(nowhere), [])
})
