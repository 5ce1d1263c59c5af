/** smtp-sink as other servers of every temper: old, poor, rude and gone. */
import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Zone } from '../../src/dns/zone-table.ts'
import { letterText } from './letters.ts'
import { freePort, ownAddress } from './loopback.ts'
import { peersAreHere } from './peers.ts'
import { Running, shortFolder } from './processes.ts'
import { submit } from './swaks.ts'
import { until } from './until.ts'
import { anna, openWaybill, stepsOf, type Waybill } from './waybill.ts'

interface Temper {
  /** A label of its domain. */
  readonly name: string
  readonly options: readonly string[]
  readonly result: 'delivered' | 'failed' | 'deferred'
  readonly code?: number
}

const tempers: readonly Temper[] = [
  { name: 'plain', options: [], result: 'delivered' },
  { name: 'helo-only', options: ['-e'], result: 'delivered' },
  { name: 'no-pipelining', options: ['-p'], result: 'delivered' },
  { name: 'no-extensions', options: ['-8', '-E', '-N', '-p'], result: 'delivered' },
  { name: 'pix', options: ['-P'], result: 'delivered' },
  { name: 'ehlo-refused', options: ['-f', 'EHLO'], result: 'delivered' },
  { name: 'greets-with-no', options: ['-f', 'CONNECT'], result: 'failed', code: 500 },
  { name: 'greets-with-later', options: ['-r', 'CONNECT'], result: 'deferred', code: 450 },
  { name: 'hello-refused', options: ['-f', 'EHLO,HELO'], result: 'failed', code: 500 },
  { name: 'mail-refused', options: ['-f', 'MAIL'], result: 'failed', code: 500 },
  { name: 'mail-later', options: ['-r', 'MAIL'], result: 'deferred', code: 450 },
  { name: 'rcpt-refused', options: ['-f', 'RCPT'], result: 'failed', code: 500 },
  { name: 'rcpt-later', options: ['-r', 'RCPT'], result: 'deferred', code: 450 },
  { name: 'data-refused', options: ['-f', 'DATA'], result: 'failed', code: 500 },
  { name: 'data-later', options: ['-r', 'DATA'], result: 'deferred', code: 450 },
  { name: 'message-refused', options: ['-f', '.'], result: 'failed', code: 500 },
  { name: 'message-later', options: ['-r', '.'], result: 'deferred', code: 450 },
  { name: 'aborts-data', options: ['-A', '0'], result: 'failed', code: 550 },
  { name: 'goes-at-connect', options: ['-q', 'CONNECT'], result: 'deferred' },
  { name: 'goes-at-ehlo', options: ['-q', 'EHLO'], result: 'deferred' },
  { name: 'goes-at-mail', options: ['-q', 'MAIL'], result: 'deferred' },
  { name: 'goes-at-data', options: ['-q', 'DATA'], result: 'deferred' },
  { name: 'goes-at-message', options: ['-q', '.'], result: 'deferred' },
  { name: 'closes-at-rcpt', options: ['-Q', 'RCPT'], result: 'deferred', code: 421 },
  { name: 'closes-at-message', options: ['-Q', '.'], result: 'deferred', code: 421 },
  { name: 'quit-refused', options: ['-f', 'QUIT'], result: 'delivered' },
]

interface Place {
  readonly ip: string
  readonly port: number
}

interface Sink extends Place {
  close(): Promise<void>
  /** What it took, with the fields that smtp-sink puts before it. */
  messages(): Promise<readonly string[]>
}

async function ownPlace(): Promise<Place> {
  const ip = ownAddress()
  return { ip, port: await freePort(ip) }
}

async function openSink(t: TestContext, options: readonly string[], at?: Place): Promise<Sink> {
  const folder = join(await shortFolder(t), 'taken')
  await mkdir(folder)
  // It gives up its rights when it has some.
  await chmod(folder, 0o777)
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const { ip, port } = at ?? (await ownPlace())
  const place = [`${ip}:${port}`, '64']
  const args = [...user, ...options, '-d', join(folder, 'm'), ...place]
  const running = new Running(t, 'smtp-sink', args, { hard: true })
  await until(`smtp-sink ${options.join(' ')}`, () => listens(ip, port))
  return {
    ip,
    port,
    close: () => running.stop(),
    messages: async () => {
      const names = await readdir(folder)
      return Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))
    },
  }
}

function listens(host: string, port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const settle = (answer: true | undefined): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(undefined))
  })
}

interface Scene {
  readonly waybill: Waybill
  readonly sinks: ReadonlyMap<string, Sink>
}

async function openScene(
  t: TestContext,
  kinds: readonly Pick<Temper, 'name' | 'options'>[],
): Promise<Scene> {
  const sinks = new Map<string, Sink>()
  const zone: Record<string, Zone[string]> = {}
  const network: Record<string, Sink> = {}
  for (const [index, { name, options }] of kinds.entries()) {
    const sink = await openSink(t, options)
    const ip = `203.0.113.${index + 1}`
    sinks.set(name, sink)
    zone[`${name}.example`] = { MX: [`10 mx.${name}.example`] }
    zone[`mx.${name}.example`] = { A: [ip] }
    network[ip] = sink
  }
  return { waybill: await openWaybill(t, { zone, network }), sinks }
}

test('servers of every temper get what they can take, and are believed in what they say', async (t) => {
  if (!peersAreHere(t, { programs: ['smtp-sink', 'swaks'] })) return
  const { waybill, sinks } = await openScene(t, tempers)
  const to = tempers.map(({ name }) => `joe@${name}.example`)
  const letter = letterText({ from: anna, to: 'many people', subject: 'tempers' })
  const id = await submit(waybill.ports.submissions, { from: anna, to }, letter)
  const record = await waybill.journeyWhere(`${to.length} attempts`, (one) => {
    return one.id === id && stepsOf(one, 'attempt').length === to.length
  })
  const got = stepsOf(record, 'attempt')
    .map(({ recipient, result, answer }) => `${recipient} ${result} ${answer?.code ?? ''}`.trim())
    .sort()
  const expected = tempers
    .map(({ name, result, code }) => {
      const answered = code ?? (result === 'delivered' ? 250 : '')
      return `joe@${name}.example ${result} ${answered}`.trim()
    })
    .sort()
  assert.deepEqual(got, expected)
  const failed = tempers.filter(({ result }) => result === 'failed')
  const deferred = tempers.filter(({ result }) => result === 'deferred')
  const reports = await waybill.lettersOf(anna, failed.length)
  assert.equal(reports.length, failed.length)
  assert.equal(await waybill.queued(), deferred.length)
  for (const { name, result } of tempers) {
    const taken = (await sinks.get(name)?.messages()) ?? []
    const whole = taken.filter((text) => text.includes('Hello.'))
    if (result !== 'delivered') continue
    assert.equal(whole.length, 1, name)
    assert.match(whole[0] ?? '', /^Subject: tempers\r?$/m)
  }
})

test('many messages for one server arrive, each once', async (t) => {
  if (!peersAreHere(t, { programs: ['smtp-sink', 'swaks'] })) return
  const { waybill, sinks } = await openScene(t, [{ name: 'busy', options: [] }])
  const count = 30
  const subjects = Array.from({ length: count }, (_, index) => `number ${index}`)
  const lanes = [0, 1, 2].map(async (lane) => {
    for (const subject of subjects.filter((_, index) => index % 3 === lane)) {
      const letter = letterText({ from: anna, to: 'joe@busy.example', subject })
      const envelope = { from: anna, to: ['joe@busy.example'] }
      await submit(waybill.ports.submissions, envelope, letter)
    }
  })
  await Promise.all(lanes)
  await until('an empty queue', async () => {
    return (await waybill.queued()) === 0 ? true : undefined
  })
  const taken = (await sinks.get('busy')?.messages()) ?? []
  const found = taken.map((text) => /^Subject: (.*?)\r?$/m.exec(text)?.[1])
  assert.equal(found.length, count)
  assert.deepEqual(new Set(found), new Set(subjects))
})

test('a server that had no time gets the letter when it has', async (t) => {
  if (!peersAreHere(t, { programs: ['smtp-sink', 'swaks'] })) return
  const place = await ownPlace()
  const waybill = await openWaybill(t, {
    zone: { 'back.example': { A: ['203.0.113.1'] } },
    network: { '203.0.113.1': place },
    settings: '[queue]\nfirst_retry_seconds = 1\nlongest_retry_seconds = 1',
  })
  const busy = await openSink(t, ['-r', 'RCPT'], place)
  const letter = letterText({ from: anna, to: 'joe@back.example', subject: 'patience' })
  const envelope = { from: anna, to: ['joe@back.example'] }
  const id = await submit(waybill.ports.submissions, envelope, letter)
  await waybill.journeyWhere('put off', (one) => {
    return one.id === id && stepsOf(one, 'attempt')[0]?.result === 'deferred'
  })
  await busy.close()
  const sink = await openSink(t, [], place)
  const record = await waybill.journeyWhere('delivered', (one) => {
    return one.id === id && stepsOf(one, 'attempt').at(-1)?.result === 'delivered'
  })
  const attempts = stepsOf(record, 'attempt').map(({ attempt }) => attempt)
  assert.deepEqual(
    attempts,
    Array.from(attempts, (_, index) => index + 1),
  )
  assert.equal((await sink.messages()).length, 1)
  assert.equal(await waybill.queued(), 0)
})
