import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChunkTransfer, goesInChunks } from './client-chunks.ts'
import type { Move } from './client-move.ts'
import { type ClientOptions, type ClientTransaction, defaultClientOptions } from './client-types.ts'
import { type Extensions, noExtensions } from './ehlo.ts'
import { setback } from './failure.ts'
import { reply } from './reply.ts'

const postmaster = { forwardPath: { type: 'postmaster' }, notify: null, orcpt: null } as const

const long: ClientTransaction = {
  reversePath: { type: 'null' },
  recipients: [postmaster, postmaster],
  size: 1_000_000,
  eightBit: false,
  smtpUtf8: false,
  utf8Header: false,
  ret: null,
  envid: null,
}

const offered: Extensions = { ...noExtensions, pipelining: true, chunking: true }
const ok = reply(250, '2.0.0', 'OK')
const no = reply(550, '5.7.1', 'no')
const full = reply(452, '4.3.1', 'full')
/** 128 KB, so that two are a chunk. */
const part = new TextEncoder().encode(`${'x'.repeat(1022)}\r\n`.repeat(128))
const nothing = new Uint8Array(0)

function shown(move: Move): string {
  switch (move.type) {
    case 'say':
      return move.lines.map(({ text }) => text).join(' ')
    case 'content': {
      const lines = (move.lines ?? []).map(({ text }) => text).join(' ')
      const bytes = move.octets.reduce((sum, octets) => sum + octets.length, 0)
      return `${lines} ${bytes}, ${move.next}`.trim()
    }
    case 'over':
      return `${move.recipients.map(({ result }) => result).join(' ')}${move.reset ? ', RSET' : ''}`
    case 'fail':
    case 'abort':
      return `${move.type} ${move.failure.because}`
    case 'startTls':
    case 'derive':
    case 'ready':
      return move.type
  }
}

/** A long message whose recipients were taken, or not. */
function begun(
  extensions: Extensions = offered,
  options: Partial<ClientOptions> = {},
  replies = [ok, ok, no],
): ChunkTransfer {
  const transfer = new ChunkTransfer(
    long,
    extensions,
    { ...defaultClientOptions, ...options },
    true,
  )
  transfer.begin()
  for (const one of replies) transfer.take(one)
  return transfer
}

test('a long message waits until somebody is taken, and then its chunks wait for nothing', () => {
  const transfer = new ChunkTransfer(long, offered, defaultClientOptions, true)
  assert.equal(shown(transfer.begin()), 'MAIL FROM:<> RCPT TO:<Postmaster> RCPT TO:<Postmaster>')
  const moves = [ok, no, ok].map((one) => shown(transfer.take(one)))
  assert.deepEqual(moves, ['', '', '0, more'])
  const parts = [part, part, part, part, part].map((octets) => transfer.content(octets, false))
  assert.deepEqual(parts.map(shown), [
    '0, more',
    '0, more',
    'BDAT 262144 262144, more',
    '0, more',
    'BDAT 262144 262144, more',
  ])
  assert.equal(shown(transfer.take(ok)), '')
  assert.equal(transfer.allSent, false)
  assert.equal(shown(transfer.content(nothing, true)), 'BDAT 131072 LAST 131072, verdict')
  assert.equal(transfer.allSent, true)
  assert.equal(shown(transfer.take(ok)), '')
  assert.equal(shown(transfer.take(ok)), 'failed accepted')
})

test('of a chunk that is refused all that was said is answered, and then the session goes on', () => {
  const transfer = begun()
  for (let i = 0; i < 5; i++) transfer.content(part, false)
  assert.equal(shown(transfer.take(full)), '')
  assert.equal(shown(transfer.take(no)), '', 'a part of the content is still on its way')
  assert.equal(shown(transfer.content(part, false)), 'deferred failed, RSET')
  assert.equal(transfer.wantsContent, false)
})

test('without PIPELINING, and over LMTP, each chunk waits for its reply', () => {
  const slow = { ...offered, pipelining: false }
  const cases: readonly (readonly [Extensions, 'smtp' | 'lmtp'])[] = [
    [slow, 'smtp'],
    [offered, 'lmtp'],
  ]
  for (const [extensions, protocol] of cases) {
    const transfer = begun(extensions, { protocol })
    for (let i = 0; i < 2; i++) transfer.content(part, false)
    assert.equal(shown(transfer.content(part, false)), 'BDAT 262144 262144, reply')
    assert.equal(transfer.wantsContent, false)
    assert.equal(shown(transfer.take(ok)), '0, more')
    transfer.content(part, true)
    assert.equal(shown(transfer.take(ok)), 'accepted failed')
    const refused = begun(extensions, { protocol })
    for (let i = 0; i < 3; i++) refused.content(part, false)
    assert.equal(shown(refused.take(full)), 'deferred failed, RSET')
  }
})

test('what a server that knows BDAT says to a chunk is about the message', () => {
  const unknown = reply(500, null, 'what?')
  const proven = begun()
  for (let i = 0; i < 3; i++) proven.content(part, false)
  proven.take(ok)
  proven.content(nothing, true)
  assert.equal(shown(proven.take(unknown)), 'failed failed, RSET')
  const odd = begun()
  odd.content(part, true)
  assert.equal(shown(odd.take(reply(354, null, 'go on'))), 'abort unknownAfterMessage')
})

test('what a server might take for commands it is not told before somebody is taken', () => {
  const nobody = new ChunkTransfer({ ...long, size: 10 }, offered, defaultClientOptions)
  assert.doesNotMatch(shown(nobody.begin()), /BDAT/)
  const moves = [ok, no, no].map((one) => shown(nobody.take(one)))
  assert.deepEqual(moves, ['', '', 'failed failed, RSET'])
  assert.equal(nobody.takesChunks, false)
})

/** A message of a session in which no chunk was taken yet; of the letter `octets` are there. */
function untried(octets: Uint8Array, last: boolean): { transfer: ChunkTransfer; first: string } {
  const transfer = new ChunkTransfer(long, offered, defaultClientOptions)
  transfer.begin()
  for (const one of [ok, ok, ok]) transfer.take(one)
  return { transfer, first: shown(transfer.content(octets, last)) }
}

test('nor more than an octet before a chunk of the session is taken', () => {
  const { transfer, first } = untried(part, false)
  assert.equal(first, 'BDAT 1 1, reply')
  assert.equal(transfer.triesChunks, true)
  assert.equal(shown(transfer.take(ok)), '0, more')
  assert.equal(transfer.triesChunks, false)
  assert.equal(shown(transfer.content(part, true)), 'BDAT 262143 LAST 262143, verdict')
  assert.equal(shown(transfer.take(ok)), 'accepted accepted')
  const short = untried(part, true)
  assert.equal(short.first, 'BDAT 1 1, reply')
  assert.equal(short.transfer.allSent, false)
  assert.equal(shown(short.transfer.take(ok)), 'BDAT 131071 LAST 131071, verdict')
  assert.equal(short.transfer.allSent, true)
  for (const code of [500, 501, 502, 503, 504]) {
    const refused = untried(part, true)
    assert.equal(shown(refused.transfer.take(reply(code, null, 'what?'))), 'abort chunkingFailed')
  }
  const later = untried(part, false)
  assert.equal(shown(later.transfer.take(full)), 'deferred deferred, RSET')
  assert.equal(untried(new Uint8Array([120, 13, 10]), true).first, 'BDAT 1 1, reply')
  assert.equal(untried(nothing, true).first, 'BDAT 0 LAST 0, verdict')
})

test('a session that breaks leaves what was heard, and the rest to its failure', () => {
  const transfer = begun()
  transfer.content(part, true)
  const outcomes = transfer.giveUp(setback('unknownAfterMessage', 'MESSAGE'))
  assert.deepEqual(
    outcomes.map((outcome) => outcome.result === 'accepted' || outcome.because),
    ['unknownAfterMessage', 'reply'],
  )
})

test('chunks are for servers that offer them, and for messages that are sent', () => {
  const may = { chunking: 'whenOffered' } as const
  assert.equal(goesInChunks(long, offered, may), true)
  assert.equal(goesInChunks(long, noExtensions, may), false)
  assert.equal(goesInChunks(long, offered, { chunking: 'never' }), false)
  assert.equal(goesInChunks({ ...long, stopAfter: 'DATA' }, offered, may), false)
})
