import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SmtpTalk } from '../app/test-support/smtp-talk.ts'
import { openTestSite } from '../app/test-support/test-site.ts'
import { northZone, receiver } from '../app/test-support/south.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'

/** A resolver that says what it was asked. */
function listening(): { readonly asked: string[]; readonly resolver: Resolver } {
  const inner = new MemoryResolver(northZone)
  const asked: string[] = []
  return {
    asked,
    resolver: {
      resolve(name, type) {
        asked.push(`${type} ${name}`)
        return inner.resolve(name, type)
      },
    },
  }
}

test('DNS is asked when somebody here gets the letter, before its first octet has come', async (t) => {
  const { asked, resolver } = listening()
  const { ports } = await openTestSite(t, { resolver })
  const talk = await SmtpTalk.greeted(ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  await talk.say('RCPT TO:<nobody@south.example>', 550)
  await talk.say('RCPT TO:<someone@west.example>', 550)
  assert.equal(asked.length, 0)
  await talk.say(`RCPT TO:<${receiver}>`, 250)
  assert.ok(asked.includes('TXT north.example'))
  const before = asked.length
  await talk.say('RCPT TO:<other@south.example>', 250)
  assert.equal(asked.length, before, 'once for all recipients')
})

test('a resolver that breaks is a fault of ours: the letter is asked for again', async (t) => {
  const resolver: Resolver = { resolve: () => Promise.reject(new Error('the resolver broke')) }
  const { ports, reported } = await openTestSite(t, { resolver })
  const letter = {
    from: 'sender@north.example',
    to: receiver,
    message: 'From: sender@north.example\n\nHello\n',
  }
  // One that is given up first: nobody waits for its verdicts.
  const gone = await SmtpTalk.greeted(ports.smtp)
  await gone.say('MAIL FROM:<sender@north.example>', 250)
  await gone.say(`RCPT TO:<${receiver}>`, 250)
  await gone.say('RSET', 250)
  const talk = await SmtpTalk.greeted(ports.smtp)
  const said = await talk.letter(letter)
  assert.deepEqual([said.code, said.enhanced], [451, '4.3.0'])
  assert.doesNotMatch(said.text, /resolver/)
  assert.ok(reported.some((line) => line.includes('the resolver broke')))
  await talk.say('NOOP', 250)
})
