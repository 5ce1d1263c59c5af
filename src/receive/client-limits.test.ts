import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import { reply } from '../smtp/reply.ts'
import { ClientLimits } from './client-limits.ts'
import { type ConnectionFacts, ConnectionLog } from './connection-log.ts'
import type { LimitMet } from './guard.ts'
import { NoRoom } from './intake.ts'
import type { Port } from './port.ts'
import { replies } from './replies.ts'

const ip = '198.51.100.66'
const used: LimitMet = { limit: 'limits.refused_recipients', of: 'address' }
const spent: LimitMet = { limit: 'limits.wrong_passwords', of: 'network' }

/** The limits of one connection; what the guard hears is written down. */
function open(
  direction: Port['direction'],
  met: ConnectionFacts['met'],
  closed: { readonly mail?: LimitMet; readonly logins?: LimitMet } = {},
) {
  const heard: unknown[] = []
  const told: LogLine[] = []
  const remote = { ip, port: 4711 }
  const facts: ConnectionFacts = { remote, listener: 'smtp', tls: undefined, met }
  const log = new ConnectionLog(facts, new ManualClock(), () => 'id')
  const guard = {
    closedForMail: (ip: string) => {
      heard.push(['mail?', ip])
      return closed.mail
    },
    closedForLogins: (ip: string) => {
      heard.push(['logins?', ip])
      return closed.logins
    },
    refusedRecipient: (ip: string) => void heard.push(['refused', ip]),
    turnedAway: (...of: unknown[]) => void heard.push(['turned away', ...of]),
  }
  const limits = new ClientLimits(
    { guard, log: (line) => void told.push(line) },
    { facts, direction, log },
  )
  return {
    limits,
    heard,
    told,
    /** The limits that the journey tells of, with the code that was answered. */
    met: () =>
      log.journey.steps.flatMap((step) =>
        step.type === 'limit' ? [`${step.limit} of ${step.of}: ${step.answer.code}`] : [],
      ),
  }
}

test('what a client had used up when it came decides at the greeting, and nobody is asked again', async () => {
  const fresh = open('in', undefined, { mail: used })
  assert.deepEqual(await fresh.limits.atGreeting(), { type: 'accept' })
  assert.deepEqual(fresh.heard, [])
  const known = open('in', used)
  assert.deepEqual(await known.limits.atGreeting(), { type: 'reject', reply: replies.heardTooMuch })
  assert.deepEqual(known.heard, [['turned away', ip, used, { listener: 'smtp' }]])
  assert.deepEqual(known.met(), ['limits.refused_recipients of address: 421'])
})

test('where that is not known, a stranger’s mail and a user’s logins are asked for apart', async () => {
  const stranger = open('in', 'ask', { mail: used })
  assert.equal((await stranger.limits.atGreeting()).type, 'reject')
  assert.deepEqual(stranger.heard[0], ['mail?', ip])
  const user = open('out', 'ask', { logins: spent })
  assert.equal((await user.limits.atGreeting()).type, 'reject')
  assert.deepEqual(user.heard[0], ['logins?', ip])
  assert.deepEqual(user.met(), ['limits.wrong_passwords of network: 421'])
  assert.equal((await open('in', 'ask', { logins: spent }).limits.atGreeting()).type, 'accept')
})

test('a refusal for good counts against a stranger, one for now does not, and a user’s never', async () => {
  const good = reply(500, '5.5.1', 'No')
  const now = reply(499, '4.2.0', 'Later')
  const stranger = open('in', undefined)
  assert.equal(await stranger.limits.countRefused(now), now)
  assert.deepEqual(stranger.heard, [])
  assert.equal(await stranger.limits.countRefused(good), good)
  assert.deepEqual(stranger.heard, [
    ['refused', ip],
    ['mail?', ip],
  ])
  assert.deepEqual(stranger.met(), [])
  const user = open('out', undefined, { mail: used })
  assert.equal(await user.limits.countRefused(good), good)
  assert.deepEqual(user.heard, [])
})

test('the refusal that was one too many is answered with the limit, which the journey tells', async () => {
  const stranger = open('in', undefined, { mail: used })
  const answer = await stranger.limits.countRefused(replies.noSuchMailbox)
  assert.equal(answer, replies.heardTooMuch)
  assert.deepEqual(stranger.heard.slice(-1), [['turned away', ip, used, { listener: 'smtp' }]])
  assert.deepEqual(stranger.met(), ['limits.refused_recipients of address: 421'])
})

test('no room for a letter is told with whose room it was', () => {
  const { limits, heard, met } = open('in', undefined)
  limits.noRoom(new NoRoom('network'), {
    code: 452,
    enhanced: '4.3.1',
    text: 'No',
    atCommand: 'DATA',
  })
  const told = { limit: 'limits.memory_bytes', of: 'network' }
  assert.deepEqual(heard, [['turned away', ip, told, { listener: 'smtp' }]])
  assert.deepEqual(met(), ['limits.memory_bytes of network: 452'])
})

test('a cipher without forward secrecy is told, taken or not, and no other', () => {
  const { limits, told } = open('in', undefined)
  const facts = { protocol: 'TLSv1.2', certificate: undefined, serverName: undefined }
  limits.tlsStarted({ ...facts, cipher: 'TLS_RSA_WITH_AES_128_GCM_SHA256' })
  limits.tlsStarted({ ...facts, cipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' })
  limits.tlsFailed('The client ended it.')
  limits.tlsFailed('The handshake failed: no cipher suits both sides.')
  const fields = { limit: 'tls.static_rsa', client: ip, listener: 'smtp' }
  assert.deepEqual(told, [
    {
      level: 'info',
      event: 'limit',
      fields: { ...fields, why: 'taken: TLS_RSA_WITH_AES_128_GCM_SHA256' },
    },
    {
      level: 'info',
      event: 'limit',
      fields: { ...fields, why: 'refused: the client has no cipher with forward secrecy' },
    },
  ])
})
