import assert from 'node:assert/strict'
import { formatDkimRecord, generateDkimKey, signDkim } from '../dkim/dkim.ts'
import { parseDnsOverride } from '../dns/dns-override.ts'
import type { Zone } from '../dns/zone-table.ts'
import { testsOf } from './test-support/both-ways.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, storedText, type TestSite } from './test-support/test-site.ts'
import { northZone, receiver } from './test-support/south.ts'
import { writtenJourney } from './test-support/written-journey.ts'

const test = testsOf('receiving')

const forgery = {
  from: 'sender@north.example',
  to: receiver,
  message: 'From: Sender <sender@north.example>\nTo: receiver@south.example\nSubject: x\n\nHello\n',
}

function dmarc(record: string): Zone {
  return { ...northZone, '_dmarc.north.example': { TXT: [record] } }
}

/** What lies in the mailboxes, as `Inbox receiver@south.example`. */
async function filed({ store }: TestSite): Promise<readonly string[]> {
  return (await store.mailboxes.items({})).map(({ mailbox, account }) => `${mailbox} ${account}`)
}

const listKey = generateDkimKey('ed25519')
const listZone: Zone = {
  'lists.example': { TXT: ['v=spf1 ip4:198.51.100.66 -all'] },
  'l._domainkey.lists.example': {
    TXT: [formatDkimRecord({ type: 'ed25519', publicKey: listKey.publicKey })],
  },
}

test('a forgery is refused with the domain, the wish of its owner and the id', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const said = await talk.letter(forgery)
  assert.deepEqual([said.code, said.enhanced], [550, '5.7.1'])
  const id = referenceIn(said)
  assert.equal(said.text, `north.example does not allow this message (DMARC reject). Ref ${id}`)
  const { record, status } = await journeyIn(south.store, id)
  assert.equal(status, 'refused')
  assert.deepEqual(
    record.steps.map(({ type }) => type),
    [
      'connect',
      'helo',
      'sender',
      'recipient',
      'message',
      'iprev',
      'spf',
      'dkim',
      'dmarc',
      'decision',
      'refused',
    ],
  )
  assert.deepEqual(await filed(south), [])
})

test('the four policies: reject is refused, quarantine is Junk, none and no policy are Inbox', async (t) => {
  const south = await openTestSite(t)
  const table: readonly (readonly [Zone, number, readonly string[]])[] = [
    [dmarc('v=DMARC1; p=reject'), 550, []],
    [dmarc('v=DMARC1; p=quarantine'), 250, [`Junk ${receiver}`]],
    [dmarc('v=DMARC1; p=none'), 250, [`Inbox ${receiver}`]],
    [{ 'north.example': { A: ['192.0.2.10'] } }, 250, [`Inbox ${receiver}`]],
  ]
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  let before: readonly string[] = []
  for (const [zone, code, mailbox] of table) {
    south.setZone(zone)
    const said = await talk.letter(forgery)
    assert.equal(said.code, code)
    assert.match(said.text, /Ref [0-9a-z]{16}$/)
    assert.deepEqual(await filed(south), [...before, ...mailbox])
    before = await filed(south)
  }
})

test('what is filed begins with our own Return-Path, Authentication-Results and Received', async (t) => {
  const south = await openTestSite(t, { zone: dmarc('v=DMARC1; p=none') })
  const talk = await SmtpTalk.greeted(south.ports.smtp, { helo: 'x.stranger.example' })
  const id = referenceIn(await talk.letter(forgery))
  const text = await storedText(south.store, id)
  const [ours = '', rest = ''] = text.split('From: Sender')
  assert.equal(
    ours.replace(/\r\n[ \t]+/g, ' ').replace(/; \w{3}, \d.*/, '; DATE'),
    [
      'Return-Path: <sender@north.example>',
      'Authentication-Results: mx.south.example; spf=fail smtp.mailfrom=sender@north.example; dkim=none; dmarc=fail header.from=north.example policy.dmarc=none; iprev=permerror policy.iprev=198.51.100.66',
      `Received: from x.stranger.example ([198.51.100.66]) by mx.south.example (Waybill) with ESMTP id ${id} for <receiver@south.example>; DATE`,
      '',
    ].join('\r\n'),
  )
  assert.equal(
    rest,
    ' <sender@north.example>\r\nTo: receiver@south.example\r\nSubject: x\r\n\r\nHello\r\n',
  )
})

test('Received-SPF is written above Received where the settings want it, and takes nothing away', async (t) => {
  const old = [
    'Received-SPF: pass (mx.other.example) client-ip=192.0.2.77',
    'Received-SPF: pass (mx.south.example: forged) client-ip=192.0.2.10; receiver=mx.south.example',
  ]
  const message = `${old[0]}\nReceived: from a by b; Mon, 23 Nov 2026 10:00:00 +0000\n${old[1]}\n${forgery.message}`
  const written = new RegExp(
    String.raw`^Return-Path: .*\r\n` +
      String.raw`Authentication-Results: (?:.*\r\n[ \t])*.*\r\n` +
      String.raw`(Received-SPF: (?:.*\r\n[ \t])*.*\r\n)` +
      String.raw`Received: from client\.example `,
  )
  for (const receivedSpf of [true, false]) {
    const south = await openTestSite(t, { zone: dmarc('v=DMARC1; p=none'), receivedSpf })
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    for (const from of [forgery.from, '']) {
      const id = referenceIn(await talk.letter({ ...forgery, from, message }))
      const text = await storedText(south.store, id)
      assert.ok(text.endsWith(message.replaceAll('\n', '\r\n')), 'what came is still there')
      const journey = await journeyIn(south.store, id)
      const { record, view } = journey
      const steps = record.steps.flatMap((step) => (step.type === 'received-spf' ? [step] : []))
      const ours = written.exec(text)?.[1]
      assert.deepEqual(
        steps.map(({ field }) => field),
        receivedSpf ? [ours] : [],
      )
      if (ours === undefined) {
        assert.equal(receivedSpf, false)
        continue
      }
      const sender = `envelope-from="${forgery.from}"; helo=client.example; identity=mailfrom;`
      const facts =
        from === ''
          ? 'Received-SPF: none (mx.south.example: client.example does not exist) client-ip=198.51.100.66; helo=client.example; identity=helo; receiver=mx.south.example'
          : `Received-SPF: fail (mx.south.example: north.example does not allow 198.51.100.66 to send its mail) client-ip=198.51.100.66; ${sender} receiver=mx.south.example; mechanism=all`
      const oneLine = ours.replaceAll(/\r\n(?=[ \t])/g, '').trimEnd()
      assert.equal(oneLine, facts)
      const told = view.steps.find(({ id }) => id === 'received-spf')
      assert.equal(told?.answer, `Yes, above our Received field: ${facts}`)
      // It follows from SPF: another answer of DNS is another field.
      const dns = parseDnsOverride('north.example TXT "v=spf1 +all"')
      const changed = await journey.replay({ dns: dns.ok ? [dns.value] : [] })
      assert.ok(changed.type === 'replayed')
      const again = changed.steps.find(({ type }) => type === 'received-spf')
      assert.equal(again?.same, from === '')
    }
  }
})

test('with TLS the Received field says so, with several recipients it names none', async (t) => {
  const south = await openTestSite(t, { zone: dmarc('v=DMARC1; p=none') })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.startTls()
  const to = [receiver, 'other@south.example']
  const id = referenceIn(await talk.letter({ ...forgery, to }))
  const text = (await storedText(south.store, id)).replace(/\r\n[ \t]+/g, ' ')
  assert.match(text, /^Received: .* with ESMTPS (?:\(.*TLS.*\) )?id /m)
  assert.doesNotMatch(text, /^Received:.* for </m)
  assert.deepEqual(await filed(south), [`Inbox ${receiver}`, 'Inbox other@south.example'])
})

test('two addresses of one account are one letter in its mailbox', async (t) => {
  const south = await openTestSite(t, { zone: dmarc('v=DMARC1; p=none') })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const to = [receiver, 'friend@south.example', 'Receiver+tag@SOUTH.example']
  const said = await talk.letter({ ...forgery, to })
  assert.equal(said.code, 250)
  assert.deepEqual(await filed(south), [`Inbox ${receiver}`])
  const { record } = await journeyIn(south.store, referenceIn(said))
  assert.deepEqual(record.envelope.rcptTo, [receiver, to[1], 'Receiver+tag@south.example'])
  const steps = record.steps.flatMap((step) => (step.type === 'filed' ? [step] : []))
  assert.deepEqual(
    steps.map(({ account, recipient, alsoFor }) => [account, recipient, alsoFor]),
    [[receiver, receiver, ['friend@south.example', 'Receiver+tag@south.example']]],
  )
})

test('forged results with our name and forged Return-Paths go; those of others stay', async (t) => {
  const south = await openTestSite(t, { zone: dmarc('v=DMARC1; p=none') })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const message = [
    'Return-Path: <forged@evil.example>',
    'Authentication-Results: mx.south.example; dmarc=pass header.from=north.example',
    'Authentication-Results: MX.South.Example 1; spf=pass',
    'Authentication-Results: (a comment) mx.south.example',
    '\t; dkim=pass',
    'Authentication-Results: mx.elsewhere.example; dmarc=pass',
    'Authentication-Results: not.mx.south.example.org; spf=pass',
    'return-path : <another@evil.example>',
    forgery.message,
  ].join('\n')
  const id = referenceIn(await talk.letter({ ...forgery, message }))
  const text = (await storedText(south.store, id)).replace(/\r\n[ \t]+/g, ' ')
  const header = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n')
  assert.deepEqual(
    header.filter((line) => /^(?:return-path|authentication-results)/i.test(line)),
    [
      'Return-Path: <sender@north.example>',
      'Authentication-Results: mx.south.example; spf=fail smtp.mailfrom=sender@north.example; dkim=none; dmarc=fail header.from=north.example policy.dmarc=none; iprev=permerror policy.iprev=198.51.100.66',
      'Authentication-Results: mx.elsewhere.example; dmarc=pass',
      'Authentication-Results: not.mx.south.example.org; spf=pass',
    ],
  )
  // The original is kept as it came, for the replay.
  const original = (await south.store.messages.open(id))?.original()
  assert.ok(original !== undefined)
  const chunks: Uint8Array[] = []
  for await (const chunk of original) chunks.push(chunk)
  assert.equal(Buffer.concat(chunks).toString(), message.replaceAll('\n', '\r\n'))
})

test('a report with the null reverse-path is taken, and SPF looks at the name it gave', async (t) => {
  const zone = { ...northZone, 'mx.north.example': { TXT: ['v=spf1 ip4:198.51.100.66 -all'] } }
  const south = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(south.ports.smtp, { helo: 'mx.north.example' })
  const message = 'From: <postmaster@mx.north.example>\nSubject: report\n\nx\n'
  const id = referenceIn(await talk.letter({ from: '', to: receiver, message }))
  const text = await storedText(south.store, id)
  assert.match(text, /^Return-Path: <>\r\n/)
  assert.match(text, /spf=pass\s+smtp\.helo=mx\.north\.example/)
})

test('postmaster is always somebody, with and without the domain', async (t) => {
  const south = await openTestSite(t, { zone: dmarc('v=DMARC1; p=none') })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  for (const to of ['Postmaster', 'postmaster@south.example']) {
    assert.equal((await talk.letter({ ...forgery, to })).code, 250)
  }
  assert.deepEqual(await filed(south), [`Inbox ${receiver}`, `Inbox ${receiver}`])
})

test('unknown people and other domains are refused in the dialogue, with the id', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  const unknown = await talk.say('RCPT TO:<nobody@south.example>', 550)
  assert.equal(unknown.enhanced, '5.1.1')
  assert.match(unknown.text, /^There is no such mailbox here\. Ref [0-9a-z]{16}$/)
  for (const address of [
    'someone@elsewhere.example',
    'a%elsewhere.example@third.example',
    'x@[192.0.2.1]',
    '@south.example:someone@elsewhere.example',
  ]) {
    const relay = await talk.say(`RCPT TO:<${address}>`, 550)
    assert.equal(relay.enhanced, '5.7.1', address)
    assert.match(relay.text, /for its own domains only\. Ref/)
  }
  assert.equal((await talk.say('DATA')).code, 554)
  await talk.quit()
  const journey = await writtenJourney(south, unknown)
  assert.equal(journey.status, 'refused')
  assert.deepEqual(journey.record.envelope.rcptTo.length, 5)
})

test('one unknown recipient does not keep the others from their letter', async (t) => {
  const south = await openTestSite(t, { zone: dmarc('v=DMARC1; p=none') })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  await talk.say('RCPT TO:<nobody@south.example>', 550)
  await talk.say(`RCPT TO:<${receiver}>`, 250)
  const said = await talk.data(forgery.message)
  assert.equal(said.code, 250)
  const { record, status } = await journeyIn(south.store, referenceIn(said))
  assert.equal(status, 'delivered')
  const asked = record.steps.filter((step) => step.type === 'recipient')
  assert.deepEqual(
    asked.map(({ to }) => to),
    ['refused', 'mailbox'],
  )
})

test('p=reject is overridden for a forwarder that is known, when it is proven to be it', async (t) => {
  const zone: Zone = {
    ...northZone,
    'forwarder.example': { TXT: ['v=spf1 ip4:198.51.100.66 -all'] },
  }
  const rules = { trustedForwarders: ['forwarder.example'] }
  const south = await openTestSite(t, { zone, rules })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const said = await talk.letter({ ...forgery, from: 'srs0=abc@forwarder.example' })
  assert.equal(said.code, 250)
  const { record, view } = await journeyIn(south.store, referenceIn(said))
  const decision = record.steps.find((step) => step.type === 'decision')?.decision
  assert.equal(decision?.override?.type, 'trusted_forwarder')
  assert.match(decision.override.comment, /forwarder\.example/)
  const told = view.steps.find(({ id }) => id === 'decision')
  assert.deepEqual([told?.asked_for, told?.did, told?.verdict], ['reject', 'none', 'ok'])
  // Somebody else who merely says to be the forwarder is not believed.
  south.setZone({ ...zone, 'forwarder.example': { TXT: ['v=spf1 -all'] } })
  assert.equal((await talk.letter({ ...forgery, from: 'x@forwarder.example' })).code, 550)
})

test('p=reject is overridden for a mailing list that signed, and not for one that only says so', async (t) => {
  const rules = { mailingLists: ['lists.example'] }
  const south = await openTestSite(t, { zone: { ...northZone, ...listZone }, rules })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const from = 'friends-bounces@lists.example'
  const message = `List-Id: Friends <friends.lists.example>\n${forgery.message}`.replaceAll(
    '\n',
    '\r\n',
  )
  const keys = [{ domain: 'lists.example', selector: 'l', privateKey: listKey.privateKey }] as const
  const now = Math.floor(south.clock.now() / 1000)
  const signed = signDkim(Buffer.from(message), { keys, now }).join('') + message
  const said = await talk.letter({ ...forgery, from, message: signed })
  assert.equal(said.code, 250)
  const { record } = await journeyIn(south.store, referenceIn(said))
  const decision = record.steps.find((step) => step.type === 'decision')?.decision
  assert.equal(decision?.override?.type, 'mailing_list')
  const elsewhere = { ...forgery, from: 'sender@north.example', message }
  assert.equal((await talk.letter(elsewhere)).code, 550)
})

test('p=reject is overridden for an author whom a local rule allows', async (t) => {
  const south = await openTestSite(t, { rules: { allow: ['north.example'] } })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const said = await talk.letter(forgery)
  assert.equal(said.code, 250)
  const { record } = await journeyIn(south.store, referenceIn(said))
  const decision = record.steps.find((step) => step.type === 'decision')?.decision
  assert.equal(decision?.override?.type, 'local_policy')
  assert.match(decision.override.comment, /allow north\.example/)
})

test('when DNS cannot be asked, the letter is taken, or put off when the house says so', async (t) => {
  const unknown = { ...northZone, '_dmarc.north.example': { error: 'SERVFAIL' } } as const
  const south = await openTestSite(t, { zone: unknown })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  assert.equal((await talk.letter(forgery)).code, 250)
  const careful = await openTestSite(t, { zone: unknown, rules: { onTemperror: 'defer' } })
  const other = await SmtpTalk.greeted(careful.ports.smtp)
  const said = await other.letter(forgery)
  assert.deepEqual([said.code, said.enhanced], [451, '4.7.0'])
  assert.match(said.text, /^DNS did not answer, so this cannot be decided now\. Ref/)
  assert.equal((await journeyIn(careful.store, referenceIn(said))).status, 'deferred')
  careful.setZone(northZone)
  assert.equal((await other.letter(forgery)).code, 550)
})

test('a letter without an author, or with two, is not put among the good mail', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  for (const message of [
    'Subject: x\n\nx\n',
    'From: a@quiet.example\nFrom: b@elsewhere.example\n\nx\n',
    'From: not an address\n\nx\n',
  ]) {
    assert.equal((await talk.letter({ ...forgery, message })).code, 250)
  }
  assert.deepEqual(new Set(await filed(south)), new Set([`Junk ${receiver}`]))
  // Another author beside the one who asks for rejection helps nobody.
  const message = 'From: a@north.example\nFrom: b@elsewhere.example\n\nx\n'
  assert.equal((await talk.letter({ ...forgery, message })).code, 550)
})

test('several letters of one connection have a journey each, with the same beginning', async (t) => {
  const south = await openTestSite(t, { zone: dmarc('v=DMARC1; p=none') })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const first = referenceIn(await talk.letter(forgery))
  const second = referenceIn(await talk.letter({ ...forgery, from: 'b@north.example' }))
  await talk.quit()
  assert.notEqual(first, second)
  const one = (await journeyIn(south.store, first)).record
  const two = (await journeyIn(south.store, second)).record
  assert.deepEqual(one.steps.slice(0, 2), two.steps.slice(0, 2))
  const said = (record: typeof one): readonly string[] =>
    record.conversation.map(({ text }) => text)
  const greeting = said(one).slice(0, said(one).indexOf('250 SMTPUTF8') + 1)
  const letter = (from: string, id: string): readonly string[] => [
    ...greeting,
    `MAIL FROM:<${from}>`,
    '250 2.1.0 Sender OK',
    `RCPT TO:<${receiver}>`,
    '250 2.1.5 Recipient OK',
    'DATA',
    '354 Send the message, end with <CRLF>.<CRLF>',
    '(the message, 86 octets)',
    `250 2.0.0 Filed. Ref ${id}`,
  ]
  assert.deepEqual(said(one), letter('sender@north.example', first))
  assert.deepEqual(said(two), letter('b@north.example', second))
  assert.equal((await south.store.journeys.list({ limit: 10 })).length, 2)
})

test('connections that bring nothing have a journey as well, with the reason', async (t) => {
  const south = await openTestSite(t)
  const ways: readonly (readonly [string, (talk: SmtpTalk) => Promise<unknown>])[] = [
    ['quit', (talk) => talk.quit()],
    ['peerClosed', async (talk) => talk.half()],
    ['earlyTalk', async () => {}],
    ['notSmtp', (talk) => talk.say('GET / HTTP/1.1')],
  ]
  for (const [reason, go] of ways) {
    const talk = await SmtpTalk.open(south.ports.smtp)
    if (reason === 'earlyTalk') continue
    await talk.read(220)
    await go(talk)
    const status = await south.when(async () => {
      const [row] = await south.store.journeys.list({ limit: 1 })
      if (row === undefined) return undefined
      const { outcome } = (await journeyIn(south.store, row.id)).record
      return outcome.because[0] === reason ? row.status : undefined
    })
    assert.equal(status, 'dropped')
  }
})

test('there is no login on port 25', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  assert.equal((await talk.login(receiver, 'letmein')).code, 502)
  await talk.startTls()
  assert.equal((await talk.login(receiver, 'letmein')).code, 502)
})

test('a message that runs in a circle is refused', async (t) => {
  const south = await openTestSite(t, { zone: dmarc('v=DMARC1; p=none') })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const hop = 'Received: from a by b; Mon, 02 Nov 2026 10:00:00 +0000\n'
  const said = await talk.letter({ ...forgery, message: hop.repeat(101) + forgery.message })
  assert.deepEqual([said.code, said.enhanced], [554, '5.4.6'])
  assert.match(said.text, /runs in a circle\. Ref/)
  assert.equal(
    (await talk.letter({ ...forgery, message: hop.repeat(99) + forgery.message })).code,
    250,
  )
})
