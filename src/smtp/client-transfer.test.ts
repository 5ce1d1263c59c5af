import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetString, octetsOf } from '../base/octets.ts'
import type { Move } from './client-move.ts'
import { type ClientTransaction, defaultClientOptions } from './client-types.ts'
import { DataTransfer, obstacleTo } from './client-transfer.ts'
import { type Extensions, noExtensions } from './ehlo.ts'
import { setback } from './failure.ts'
import { reply } from './reply.ts'

const postmaster = { forwardPath: { type: 'postmaster' }, notify: null, orcpt: null } as const

const toTwo: ClientTransaction = {
  reversePath: { type: 'null' },
  recipients: [postmaster, postmaster],
  size: 100,
  eightBit: true,
  smtpUtf8: false,
  utf8Header: false,
  ret: null,
  envid: null,
}

const modern: Extensions = { ...noExtensions, pipelining: true, eightBitMime: true }
const options = defaultClientOptions
const ok = reply(250, '2.0.0', 'OK')
const go = reply(354, null, 'go')
const no = reply(550, '5.1.1', 'no')

function shown(move: Move): string {
  switch (move.type) {
    case 'say':
      return move.lines.map(({ text }) => text.split(/[ :]/)[0]).join(' ')
    case 'content':
      return `${move.octets.map((octets) => octetString(octets)).join('')}${move.next === 'more' ? '…' : ''}`
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

test('a message goes in one envelope, with its content dot-stuffed, and has one outcome each', () => {
  const transfer = new DataTransfer(toTwo, modern, options)
  const moves = [transfer.begin(), ...[ok, ok, no, go].map((one) => transfer.take(one))]
  assert.deepEqual(moves.map(shown), ['MAIL RCPT RCPT DATA', '', '', '', '…'])
  assert.equal(transfer.wantsContent, true)
  assert.equal(shown(transfer.content(octetsOf('.a\r\n'), false)), '..a\r\n…')
  assert.equal(transfer.allSent, false)
  assert.equal(shown(transfer.content(octetsOf('b'), true)), 'b\r\n.\r\n')
  assert.equal(transfer.allSent, true)
  assert.equal(shown(transfer.take(ok)), 'accepted failed')
})

test('when nobody is left the server is told, so that it forgets our MAIL', () => {
  const transfer = new DataTransfer(toTwo, { ...modern, pipelining: false }, options)
  transfer.begin()
  const moves = [ok, no, no].map((one) => transfer.take(one))
  assert.deepEqual(moves.map(shown), ['RCPT', 'RCPT', 'failed failed, RSET'])
})

test('giving up tells each recipient the most that is known', () => {
  const transfer = new DataTransfer(toTwo, modern, options)
  transfer.begin()
  for (const one of [ok, no]) transfer.take(one)
  assert.equal(transfer.doing, 'RCPT')
  const causes = transfer.giveUp(setback('timeout', 'RCPT')).map((outcome) => {
    return outcome.result === 'accepted' ? 'accepted' : outcome.because
  })
  assert.deepEqual(causes, ['reply', 'timeout'])
})

test('a reply within the content ends the session: only closing ends DATA', () => {
  const transfer = new DataTransfer(toTwo, modern, options)
  transfer.begin()
  for (const one of [ok, ok, ok, go]) transfer.take(one)
  assert.equal(shown(transfer.take(reply(552, '5.3.4', 'too big'))), 'abort reply')
  const outcomes = transfer.giveUp(setback('timeout', 'MESSAGE'))
  assert.deepEqual(
    outcomes.map((outcome) => outcome.result === 'failed' && outcome.status),
    ['5.3.4', '5.3.4'],
  )
})

test('what a server cannot do is known before it is asked', () => {
  const cases: readonly (readonly [Partial<ClientTransaction>, Extensions, string | undefined])[] =
    [
      [{}, modern, undefined],
      [{}, noExtensions, 'eightBitNotOffered'],
      [{ eightBit: false }, noExtensions, undefined],
      [{ smtpUtf8: true }, modern, 'smtpUtf8NotOffered'],
      [{}, { ...modern, size: 99 }, 'messageTooBig'],
      [{}, { ...modern, size: 100 }, undefined],
      [{}, { ...modern, size: 0 }, undefined],
      [{ size: null }, { ...modern, size: 99 }, undefined],
    ]
  for (const [change, extensions, because] of cases) {
    const options = { eightBitToSevenBitPeer: 'fail' } as const
    assert.equal(obstacleTo({ ...toTwo, ...change }, extensions, options)?.because, because)
  }
})
