/** OpenSMTPD as the other server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldOf, letterText } from './letters.ts'
import { openOpenSmtpd, opensmtpdProgram, opensmtpdUsers } from './opensmtpd.ts'
import { peersAreHere } from './peers.ts'
import { submit } from './swaks.ts'
import { anna, openWaybill, stepsOf } from './waybill.ts'

const needs = {
  programs: [opensmtpdProgram, 'swaks', 'unshare'],
  users: opensmtpdUsers,
  root: true,
}
const mx = '203.0.113.45'

test('OpenSMTPD takes letters for who is there, and says no for who is not and what is too big', async (t) => {
  if (!peersAreHere(t, needs)) return
  const network: Record<string, { ip: string; port: number }> = {}
  const waybill = await openWaybill(t, {
    network,
    zone: { 'west.example': { MX: ['10 mx.west.example'] }, 'mx.west.example': { A: [mx] } },
  })
  const peer = await openOpenSmtpd(t, { hostname: 'mx.west.example', domain: 'west.example' })
  network[mx] = { ip: peer.ip, port: peer.port }
  const send = (
    to: readonly string[],
    subject: string,
    body: readonly string[],
  ): Promise<string> => {
    const letter = letterText({ from: anna, to: to.join(', '), subject, body })
    return submit(waybill.ports.submissions, { from: anna, to }, letter)
  }

  const body = ['.', '..dots', 'x'.repeat(900), '']
  const to = ['joe@west.example', 'ann@west.example', 'gone@west.example']
  const id = await send(to, 'three', body)
  const record = await waybill.journeyWhere('three attempts', (one) => {
    return one.id === id && stepsOf(one, 'attempt').length === 3
  })
  const results = stepsOf(record, 'attempt').map(({ recipient, result, answer }) => {
    return [recipient, result, answer?.code]
  })
  assert.deepEqual(
    new Map(results.map(([recipient, ...rest]) => [recipient, rest])),
    new Map([
      ['joe@west.example', ['delivered', 250]],
      ['ann@west.example', ['delivered', 250]],
      // Its code for an address that leads to nobody.
      ['gone@west.example', ['failed', 524]],
    ]),
  )
  await peer.logged(/mda delivery .*to=<joe@west\.example>.*result=Ok/i)
  await peer.logged(/mda delivery .*to=<ann@west\.example>.*result=Ok/i)
  const kept = await peer.kept()
  assert.equal(kept.length, 2)
  for (const text of kept) {
    assert.match(fieldOf(text, 'Received') ?? '', /^from mail\.north\.example .*mx\.west\.example/)
    assert.equal(text.match(/^DKIM-Signature:/gm)?.length, 2)
    assert.ok(text.includes(`\n\n${body.join('\n')}`), 'the body is as it was')
  }

  // Its SIZE is known before the letter is sent, and nothing of it crosses the wire.
  const big = await send(['joe@west.example'], 'big', Array(200).fill('y'.repeat(900)))
  const refused = await waybill.journeyWhere('the big one failed', (one) => {
    return one.id === big && stepsOf(one, 'attempt').length > 0
  })
  assert.deepEqual(
    stepsOf(refused, 'attempt').map(({ result }) => result),
    ['failed'],
  )
  assert.equal((await peer.kept()).length, 2)
})
