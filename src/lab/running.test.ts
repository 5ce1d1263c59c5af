/** What is done with a lab that runs, by the API: situations, clock, zones, faults, reset. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { SmtpTalk } from '../app/test-support/smtp-talk.ts'
import { silent } from '../base/log.ts'
import { testFolder } from '../store/test-folder.ts'
import { openLabConsole } from './console.ts'
import { type Lab, openLab } from './lab.ts'
import { situations } from './situations.ts'

interface Running {
  readonly lab: Lab
  /** Gives the JSON of an answer with this status. */
  readonly ask: (method: string, path: string, body?: unknown, status?: number) => Promise<unknown>
}

async function running(t: TestContext): Promise<Running> {
  const { folder, remove } = testFolder()
  const report = (problem: unknown, where: string): never =>
    assert.fail(`${where}: ${String(problem)}`)
  const taken = 'strict'
  const ports = { smtp: 0, submission: 0, submissions: 0, dns: 0 }
  const lab = await openLab({ folder, ports, taken, log: silent, report })
  const about = { folder, port: 0, version: '1', page: `${folder}/none`, taken, report } as const
  const doors = await openLabConsole(lab, about)
  t.after(async () => {
    await doors.close()
    await lab.close()
    remove()
  })
  return {
    lab,
    async ask(method, path, body, status = 200) {
      const answer = await fetch(`http://127.0.0.1:${doors.http}${path}`, {
        method,
        headers: { 'content-type': 'application/json', connection: 'close' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const json: unknown = await answer.json()
      assert.equal(answer.status, status, JSON.stringify(json))
      return json
    },
  }
}

/** A member of a JSON object. */
function at(value: unknown, name: string): unknown {
  assert.ok(typeof value === 'object' && value !== null, JSON.stringify(value))
  return Object.entries(value).find(([one]) => one === name)?.[1]
}

test('situations happen in the lab that runs, one after the other, and leave it as it was', async (t) => {
  const { lab, ask } = await running(t)
  const { data } = (await ask('GET', '/v1/lab/situations')) as { readonly data: unknown[] }
  assert.equal(data.length, situations.length)
  assert.equal(at(data[0], 'name'), 'hello')
  const ended = []
  for (const name of ['hello', 'forged', 'policy-none', 'forged', 'greylisted', 'hello']) {
    const happened = await ask('POST', `/v1/lab/situations/${name}`, {})
    ended.push([at(happened, 'situation'), at(happened, 'outcome')])
    const [first] = at(happened, 'journeys') as readonly unknown[]
    assert.deepEqual([at(first, 'site'), at(first, 'direction')], ['south', 'in'])
    const journey = await ask('GET', `/v1/messages/${String(at(first, 'id'))}/journey`)
    assert.equal(at(journey, 'schema'), 'waybill.journey/1')
  }
  assert.deepEqual(ended, [
    ['hello', 'delivered'],
    ['forged', 'refused'],
    ['policy-none', 'delivered'],
    ['forged', 'refused'],
    ['greylisted', 'delivered'],
    ['hello', 'delivered'],
  ])
  assert.equal(lab.zone, lab.ordinaryZone)
  const unknown = await ask('POST', '/v1/lab/situations/forgd', {}, 404)
  assert.equal(at(unknown, 'hint'), 'Did you mean "forged"?')
})

test('the clock is told, set ahead, and never back', async (t) => {
  const { ask } = await running(t)
  assert.equal(at(await ask('GET', '/v1/lab/clock'), 'ahead_ms'), 0)
  const ahead = await ask('POST', '/v1/lab/clock', { advance_ms: 3_600_000 })
  assert.equal(at(ahead, 'ahead_ms'), 3_600_000)
  for (const ms of [0, -1, 1.5, 1e15]) await ask('POST', '/v1/lab/clock', { advance_ms: ms }, 400)
})

test('the next letter is judged by what stands in the zones', async (t) => {
  const { lab, ask } = await running(t)
  const path = '/v1/lab/zones'
  const { data: before } = (await ask('GET', path)) as { readonly data: unknown }
  const policy = { name: '_dmarc.north.example', type: 'TXT', values: ['v=DMARC1; p=none'] }
  const talk = await SmtpTalk.greeted(lab.ports.smtp)
  const forge = async (): Promise<number> => {
    const message = 'From: sender@north.example\n\nx\n'
    return (
      await talk.letter({ from: 'x@stranger.example', to: 'receiver@south.example', message })
    ).code
  }
  assert.equal(await forge(), 550)
  await ask('PUT', path, policy)
  assert.equal(await forge(), 250)
  const mine = { name: 'Shop.Test.', type: 'TXT', values: ['v=spf1 -all', 'other'] }
  const { data } = (await ask('PUT', path, mine)) as { readonly data: unknown[] }
  assert.deepEqual(data.at(-1), { ...mine, name: 'shop.test' })
  await ask('PUT', path, { ...mine, type: 'MX', values: ['no'] }, 400)
  await ask('PUT', path, { ...mine, type: 'NOPE', values: ['x'] }, 400)
  await ask('PUT', path, { ...mine, values: [] })
  await ask('PUT', path, { ...policy, values: [] })
  assert.equal(await forge(), 250)
  assert.deepEqual(await ask('DELETE', path), { data: before })
  assert.equal(await forge(), 550)
  await talk.quit()
})

test('a fault between the servers shows how the sending one tries again', async (t) => {
  const { lab, ask } = await running(t)
  const fault = { stage: 'recipient', code: 451, probability: 100 }
  await ask('PUT', '/v1/lab/faults', { data: [fault] })
  const talk = await SmtpTalk.greeted(lab.ports.smtp)
  await talk.say('MAIL FROM:<a@b.test>', 250)
  await talk.say('RCPT TO:<receiver@south.example>', 451)
  await talk.quit()
  await ask('PUT', '/v1/lab/faults', { data: [] })
  assert.equal(at(await ask('POST', '/v1/lab/situations/hello', {}), 'outcome'), 'delivered')
})

test('a lab that is reset is empty, and as it was', async (t) => {
  const { lab, ask } = await running(t)
  await ask('POST', '/v1/lab/situations/hello', {})
  await ask('PUT', '/v1/lab/faults', { data: [{ stage: 'auth', drop: true }] })
  await ask('PUT', '/v1/lab/zones', { name: 'a.test', type: 'A', values: ['192.0.2.1'] })
  assert.deepEqual(await ask('POST', '/v1/lab/reset', {}), { reset: true })
  assert.deepEqual(await ask('GET', '/v1/lab/faults'), { data: [] })
  assert.equal(lab.zone, lab.ordinaryZone)
  const { data } = (await ask('GET', '/v1/messages')) as { readonly data: readonly unknown[] }
  assert.deepEqual(data, [])
  assert.equal((await lab.south.store.mailboxes.items({})).length, 0)
})
