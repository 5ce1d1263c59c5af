import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { TestContext } from 'node:test'
import type { HeldApi } from './asking.ts'
import { dmarcReport, tlsReport } from './reports.ts'

const html = '<p>Your code is 123456. <a href="https://far.example/x">here</a></p>'

/** Asks for all that every server tells of itself. */
export async function lookAround(api: HeldApi): Promise<void> {
  for (const path of [
    'health/live',
    'health/ready',
    'status',
    'metrics',
    'session',
    'suppressions',
    'messages',
    'messages?format=csv',
    'queue',
    'queue/shape',
    'pauses',
    'hold-rules',
    'events',
    'events/stream',
    'accounts',
    'aliases',
    'domains',
    'webhooks',
    'reports/nowhere.example/summary',
  ]) {
    await api.ask('GET', `/v1/${path}`)
  }
}

/** Sends a letter, and asks for all that is told of it. */
export async function sendOne(api: HeldApi, from: string, to: readonly string[]): Promise<string> {
  const letter = { from, to, subject: 'Code', text: 'Your code is 123456.', html }
  const foreseen = await api.ask('POST', '/v1/messages?dry_run=true', { json: letter })
  assert.equal(foreseen.status, 200, foreseen.text)
  // Whoever is second finds that the first still runs.
  const headers = { 'idempotency-key': 'once' }
  const both = [1, 2].map(() => api.json('POST', '/v1/messages', { json: letter, headers }))
  const sent = (await Promise.all(both)).find(({ status }) => status === 202)
  const id = String(sent?.json['id'])
  await api.ask('POST', '/v1/messages', { json: { ...letter, from: 'x@nowhere.example' } })
  await api.ask('GET', '/v1/messages/wait?timeout=0&q=subject:Code')
  return id
}

/** Asks for all that is told of a letter, and what would become of it. */
export async function lookAt(api: HeldApi, id: string): Promise<void> {
  for (const part of [
    '',
    '/journey',
    '/raw',
    '/plan',
    '/why',
    '/parts',
    '/parts/1',
    '/text',
    '/html',
    '/links',
    '/codes',
    '/export',
    '/headers',
    '/recipients',
    '/attempts',
    '/conversation',
  ]) {
    await api.ask('GET', `/v1/messages/${id}${part}`)
  }
  await api.ask('POST', '/v1/replays', { json: { journey: id } })
  await api.ask('POST', '/v1/replays', { json: { journey: id, overrides: { ip: '192.0.2.9' } } })
  for (const question of [
    {
      question: 'spf',
      ip: '192.0.2.9',
      mail_from: 'a@x.example',
      dns: ['x.example TXT "v=spf1 -all"'],
    },
    { question: 'route', destination: 'nowhere.example', dns: ['nowhere.example MX 0 .'] },
    { question: 'accept', ip: '192.0.2.9', from: 'a@x.example' },
  ]) {
    await api.ask('POST', '/v1/evaluations', { json: question })
  }
}

/** Brings reports in, and reads them. */
export async function bringReports(api: HeldApi): Promise<void> {
  for (const [kind, octets] of [
    ['dmarc', dmarcReport],
    ['tls', tlsReport],
  ] as const) {
    const headers = { 'content-type': 'application/octet-stream' }
    await api.ask('POST', `/v1/reports/${kind}?name=r.bin`, { octets, headers })
    const { json: list } = await api.json('GET', `/v1/reports/${kind}`)
    const [first] = list['data'] as readonly { readonly id: string }[]
    assert.ok(first)
    await api.ask('GET', `/v1/reports/${kind}/${first.id}`)
  }
  await api.ask('GET', '/v1/reports/south.example/summary')
}

/** Tells somebody of events, once more, and no more. */
export async function tellByHook(
  api: HeldApi,
  url: string,
  happen: () => Promise<unknown>,
): Promise<void> {
  const added = await api.json('POST', '/v1/webhooks', { json: { url, events: ['message.'] } })
  const one = `/v1/webhooks/${String(added.json['id'])}`
  await api.ask('PATCH', one, { json: { description: 'of a test' } })
  await api.ask('POST', `${one}/secret`)
  await api.ask('POST', `${one}/test`)
  await happen()
  const { json: tries } = await api.json('GET', `${one}/attempts`)
  const [first] = tries['data'] as readonly { readonly n: number }[]
  if (first !== undefined) await api.ask('POST', `${one}/attempts/${first.n}/replay`)
  await api.ask('GET', '/v1/webhooks')
  await api.ask('DELETE', one)
}

/** Somebody on this machine who takes all events. */
export async function openReceiver(
  t: TestContext,
): Promise<{ readonly url: string; readonly told: Promise<void> }> {
  const told = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(204).end()
      if (request.headers['webhook-id']?.includes('test') !== true) told.resolve()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { url: `http://127.0.0.1:${address.port}/`, told: told.promise }
}

/** Changes who lives on a server of one's own. */
export async function settlePeople(api: HeldApi): Promise<void> {
  const account = { address: 'ann@south.example', password: 'a long password' }
  await api.ask('POST', '/v1/accounts', { json: account })
  await api.ask('POST', '/v1/accounts', { json: { address: 'bob@south.example' } })
  await api.ask('POST', '/v1/accounts/bob@south.example/password', { json: {} })
  const onward = { json: { forward: ['bob@elsewhere.example'] } }
  await api.ask('PATCH', '/v1/accounts/bob@south.example', onward)
  await api.ask('PATCH', '/v1/accounts/nobody@south.example', onward)
  await api.ask('DELETE', '/v1/accounts/bob@south.example')
  const alias = { address: 'info@south.example', to: [account.address] }
  await api.ask('POST', '/v1/aliases', { json: alias })
  await lookAround(api)
  await api.ask('DELETE', '/v1/aliases/info@south.example')
  await api.ask('POST', '/v1/domains', { json: { domain: 'west.example' } })
  await api.ask('GET', '/v1/domains/south.example/records?check=true')
  await api.ask('POST', '/v1/domains/south.example/dkim/rotate', { json: {} })
  await api.ask('GET', '/v1/domains/south.example/dkim')
  await api.ask('DELETE', '/v1/domains/west.example')
}

/** Where nobody lives, nobody is let in or settled. */
export async function settleInVain(api: HeldApi): Promise<void> {
  await api.ask('POST', '/v1/session', { json: { token: 'any' } })
  await api.ask('POST', '/v1/accounts', { json: { address: 'ann@south.example' } })
  await api.ask('PATCH', '/v1/accounts/ann@south.example', { json: { forward: [] } })
  const alias = { address: 'info@south.example', to: ['ann@south.example'] }
  await api.ask('POST', '/v1/aliases', { json: alias })
  await api.ask('POST', '/v1/domains', { json: { domain: 'south.example' } })
}

/** What waits is held, and let go on. */
export async function holdAndRelease(api: HeldApi, id: string): Promise<void> {
  await api.ask('GET', '/v1/queue')
  await api.ask('POST', `/v1/messages/${id}/hold`, { json: {} })
  await api.ask('POST', '/v1/queue/actions', { json: { action: 'release', all: true } })
}

/** A key for each scope alone. */
export async function keyFor(api: HeldApi, scope: string): Promise<string> {
  const made = await api.json('POST', '/v1/keys', { json: { name: scope, scopes: [scope] } })
  return String(made.json['secret'])
}

/** Brings a journey in that was exported. */
export async function bringBack(api: HeldApi, bundle: Uint8Array): Promise<void> {
  const headers = { 'content-type': 'application/vnd.waybill+gzip' }
  await api.ask('POST', '/v1/imports', { octets: bundle, headers })
}

/** Everything that a lab alone can do. */
export async function playInLab(api: HeldApi): Promise<void> {
  await api.ask('GET', '/v1/lab/situations')
  await api.ask('POST', '/v1/lab/situations/forged')
  await api.ask('GET', '/v1/lab/clock')
  await api.ask('POST', '/v1/lab/clock', { json: { advance_ms: 1000 } })
  await api.ask('GET', '/v1/lab/zones')
  const record = { name: 'x.north.example', type: 'TXT', values: ['hello'] }
  await api.ask('PUT', '/v1/lab/zones', { json: record })
  await api.ask('DELETE', '/v1/lab/zones')
  await breakAndMend(api, '/v1/lab/faults')
  await api.ask('POST', '/v1/lab/reset')
}

/** Faults on purpose are set, and taken away. */
export async function breakAndMend(api: HeldApi, path: string): Promise<void> {
  const fault = { stage: 'data', code: 451, probability: 50 }
  await api.ask('PUT', path, { json: { data: [fault] } })
  await api.ask('GET', path)
  await api.ask('PUT', path, { json: { data: [] } })
}

/** A letter from north to south, where it is kept. */
export async function helloInLab(api: HeldApi): Promise<string> {
  const { json } = await api.json('POST', '/v1/lab/situations/hello')
  const journeys = json['journeys'] as readonly {
    readonly id: string
    readonly direction: string
  }[]
  return journeys.find(({ direction }) => direction === 'in')?.id ?? ''
}

/** Keeps mail back for a while, by a pause and by a rule, and lets it go. */
export async function keepBack(api: HeldApi): Promise<void> {
  await api.ask('GET', '/v1/queue/shape')
  await api.ask('POST', '/v1/pauses', { json: { of: 'destination west.example', until: '2h' } })
  await api.ask('GET', '/v1/pauses')
  await api.ask('GET', '/v1/route?address=bob@west.example')
  await api.ask('DELETE', '/v1/pauses/destination%20west.example')
  const rule = { q: 'from:@south.example', until: '2h' }
  const { json } = await api.json('POST', '/v1/hold-rules', { json: rule })
  await api.ask('GET', '/v1/hold-rules')
  const made = json['rule'] as { readonly id: string } | undefined
  await api.ask('DELETE', `/v1/hold-rules/${made?.id ?? 'none'}`)
}
