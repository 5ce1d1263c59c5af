/**
 * RFC 6376 section by section. The signer here is slow and simple, written from the RFC's text, and
 * shares nothing with what it tests. It signs whatever it is told to, right or wrong.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import assert from 'node:assert/strict'

import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { ZoneName } from '../dns/zone-table.ts'
import { verifyDkim } from './dkim.ts'

type Form = 'simple' | 'relaxed'

const now = 1_700_000_000
const pair = generateKeyPairSync('rsa', { modulusLength: 1024 })
const spki = pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const record = `v=DKIM1; k=rsa; p=${spki}`

const fields = ['From: Joe <joe@e.example>', 'To: ann@f.example', 'Subject: Hello  there']
const body = 'Hi.\r\n\r\nWe lost  the game. \t\r\nAre you hungry yet?\r\n'

/** All tags but `c=`; what stands between the angle brackets is the place of the signature. */
const usual = ' v=1; a=rsa-sha256; d=e.example; s=k; h=from:to:subject; bh={bh}; b=<<{b}>>'

/** `usual` with one tag said otherwise. */
function saying(name: string, value: string): string {
  return usual.replace(new RegExp(`([ ;])${name}=[^;]*`), `$1${name}=${value}`)
}

interface Signing {
  readonly fields?: readonly string[]
  readonly body?: string
  readonly header?: Form
  readonly bodyForm?: Form
  readonly names?: readonly string[]
  readonly length?: number
  readonly key?: typeof pair.privateKey
  /** Says nothing of `c=`; the template does. */
  readonly bare?: boolean
}

function fieldForm(field: string, form: Form): string {
  if (form === 'simple') return `${field}\r\n`
  const colon = field.indexOf(':')
  const name = field.slice(0, colon).replace(/[ \t]+$/, '')
  const value = field.slice(colon + 1).replaceAll('\r\n', '')
  return `${name.toLowerCase()}:${value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')}\r\n`
}

function bodyForm(text: string, form: Form): string {
  const lines = text.split('\r\n').map((line) => {
    return form === 'simple' ? line : line.replace(/[ \t]+/g, ' ').replace(/ $/, '')
  })
  while (lines.at(-1) === '') lines.pop()
  if (lines.length === 0) return form === 'simple' ? '\r\n' : ''
  return `${lines.join('\r\n')}\r\n`
}

/** The DKIM-Signature field, without its CRLF, over the other fields and a body. */
function signature(template: string, signing: Signing = {}): string {
  const header = signing.header ?? 'relaxed'
  const inBody = signing.bodyForm ?? 'relaxed'
  const canonical = bodyForm(signing.body ?? body, inBody).slice(0, signing.length)
  const hash = createHash('sha256').update(canonical, 'latin1').digest('base64')
  const forms = signing.bare === true ? '' : `; c=${header}/${inBody}`
  const written = `DKIM-Signature:${template}${forms}`.replace('{bh}', hash)
  const left = [...(signing.fields ?? fields)]
  let signed = ''
  for (const name of signing.names ?? ['from', 'to', 'subject']) {
    const at = left.findLastIndex((one) => /^[^:]*/.exec(one)?.[0].trim().toLowerCase() === name)
    if (at >= 0) signed += fieldForm(left.splice(at, 1).join(''), header)
  }
  signed += fieldForm(written.replace(/<<[^>]*>>/, ''), header).slice(0, -2)
  const made = sign('sha256', Buffer.from(signed, 'latin1'), signing.key ?? pair.privateKey)
  return written.replace('<<', '').replace('>>', '').replace('{b}', made.toString('base64'))
}

interface Sent {
  readonly fields?: readonly string[]
  readonly body?: string
  readonly zone?: ZoneName
  readonly name?: string
}

/** The result alone, for one signature over one message. */
async function result(field: string, sent: Sent = {}): Promise<string> {
  const message = [field, ...(sent.fields ?? fields), '', sent.body ?? body].join('\r\n')
  const { zone = { TXT: [record] }, name = 'k._domainkey.e.example' } = sent
  const resolver = new MemoryResolver({ [name]: zone })
  const verdicts = await verifyDkim(Buffer.from(message, 'latin1'), { resolver, now })
  assert.equal(verdicts.length, 1)
  return verdicts[0]?.result ?? 'none'
}

const forms = ['simple', 'relaxed'] as const

test('§3.4: every body and every field verifies in every form when nothing changes', async () => {
  const bodies =
    `|\r\n|\r\n\r\n| | \r\n|\t\r\n \r\n|x|x |x\r\n\r\n|x\r\n \r\n\t\r\n|\r\nx\r\n|a\rb\r\n|a\nb|a \rb|a\r|a \r|\n
    |\r\r\n| \r\r\n|\xc3\xa9\xff\0\x80|.\r\n..\r\n|  a\t\tb \t\r\n c|a \x0b \x0c b|\xa0 \r\n`.split(
      '|',
    )
  const subjects =
    `Subject:|Subject: |Subject:\r\n |Subject:x|Subject\t :  x|SUBJECT: \xc3\xa9 \xff|Subject: a\r\n b\r\n\tc\r\n  d
    |Subject: a\rb|Subject: a\0b|Subject: a \r\n \r\n b`.split(/\n? *\|/)
  for (const header of forms) {
    for (const inBody of forms) {
      const form = { header, bodyForm: inBody }
      for (const text of bodies) {
        const field = signature(usual, { ...form, body: text })
        assert.equal(await result(field, { body: text }), 'pass', JSON.stringify([form, text]))
      }
      for (const subject of subjects) {
        const all = [...fields.slice(0, 2), subject]
        const field = signature(usual, { ...form, fields: all })
        assert.equal(await result(field, { fields: all }), 'pass', JSON.stringify([form, subject]))
      }
    }
  }
})

test('§3.4.3, §3.4.4: which changes of a body each form forgives', async () => {
  const table: readonly (readonly [before: string, after: string, forgivenBy: string])[] = [
    ['a b\r\n', 'a  b\r\n', 'relaxed'],
    ['a b\r\n', 'a\tb\r\n', 'relaxed'],
    ['a b\r\n', 'a b \r\n', 'relaxed'],
    [' a\r\n', '\ta\r\n', 'relaxed'],
    ['a\r\n', 'a\r\n \r\n', 'relaxed'],
    ['', ' \r\n', 'relaxed'],
    ['a\r\n', 'a\r\n\r\n\r\n', 'both'],
    ['a\r\n', 'a', 'both'],
    ['', '\r\n', 'both'],
    ['a\r\n', ' a\r\n', 'none'],
    ['ab\r\n', 'a b\r\n', 'none'],
    ['a\r\nb\r\n', 'a\r\n\r\nb\r\n', 'none'],
    ['a\r\n', 'a\n', 'none'],
    ['a\r\n', 'A\r\n', 'none'],
  ]
  for (const [before, after, forgivenBy] of table) {
    for (const form of forms) {
      const field = signature(usual, { bodyForm: form, body: before })
      const expected = forgivenBy === 'both' || forgivenBy === form ? 'pass' : 'fail'
      assert.equal(await result(field, { body: after }), expected, JSON.stringify([after, form]))
    }
  }
})

test('§3.4.1, §3.4.2: which changes of a field each form forgives', async () => {
  const forgiven = `Subject: Hello there|Subject:Hello  there|subject: Hello  there|Subject : Hello  there|Subject:\r\n Hello  there|Subject: Hello\r\n\tthere|Subject: Hello  there  |Subject: Hello  there\r\n `
  for (const form of forms) {
    const field = signature(usual, { header: form })
    const after = async (subject: string): Promise<string> =>
      await result(field, { fields: [...fields.slice(0, 2), subject] })
    for (const subject of forgiven.split('|')) {
      assert.equal(await after(subject), form === 'relaxed' ? 'pass' : 'fail', subject)
    }
    for (const subject of ['Subject: Hellothere', 'Subject: hello there', 'X: Hello  there']) {
      assert.equal(await after(subject), 'fail', subject)
    }
  }
})

test('§3.5: values of tags that may be, and values that may not', async () => {
  const table: Readonly<Record<string, readonly [good: string, bad: string]>> = {
    v: ['1| 1 |\r\n 1', '|2|0.5|1.0|01|DKIM1|1 1'],
    a: ['rsa-sha256|RSA-SHA256', '|rsa-sha512|rsa|rsa-|rsa_sha256|rsa-sha256 x|ed25519-sha256'],
    d: [
      'e.example|E.Example|\r\n e.example ',
      '|example|e.example.|.e.example|e..example|e .example',
    ],
    s: ['k|K', '|k.|.k|k..k|k k'],
    h: ['from:to:subject|From : TO:\r\n subject', '|to:subject|from:|:from|from::to|fr om|from,to'],
    bh: ['{bh}|{bh} ', '|!!!!|AAAA|{bh}{bh}'],
    i: [
      '@e.example|joe@e.example|joe@Sub.E.Example|"a@b"@e.example|jo=65@e.example|joe=40e.example|jo=3Be@e.example|jo\xc3\xa9@e.example|joe@\r\n e.example',
      '|joe|e.example|joe@|joe@bade.example|joe@example|joe@f.example|joe=40f.example|jo=ZZ@e.example|jo=6@e.example|joe@e.example.|joe@..e.example',
    ],
    l: ['0|3|47| 3 |003', '|-1|+1|1x|0x1|1.5|1 2|48|1000000000'],
    q: ['dns/txt|DNS/TXT|x/y : dns/txt', '|dns|dns/mx|http|dns/txt/x|dns/ txt'],
    t: ['1699999000|0|1700000000', '|-1|x|1.5|1000000000000000'],
    x: ['1700000001|1700000000|999999999999', '|1699999999|0|-1|x|9999999999999'],
    z: ['From:joe@e.example|x', ''],
    unknown_1: ['|a|a=b,c"d\\|caf\xc3\xa9', ''],
  }
  assert.equal(bodyForm(body, 'relaxed').length, 47)
  for (const [name, [good, bad]] of Object.entries(table)) {
    const present = new RegExp(`[ ;]${name}=`).test(usual)
    const crafted = async (value: string): Promise<string> => {
      const length = /^\s*\d+\s*$/.test(value) && name === 'l' ? Number(value) : undefined
      const template = present ? saying(name, value) : `${usual}; ${name}=${value}`
      const names =
        name === 'h' ? value.split(':').map((one) => one.trim().toLowerCase()) : undefined
      const options = { ...(length === undefined ? {} : { length }), ...(names && { names }) }
      return await result(signature(template, options))
    }
    for (const value of good.split('|')) assert.equal(await crafted(value), 'pass', name + value)
    if (bad === '') continue
    for (const value of bad.split('|')) {
      assert.equal(await crafted(value), 'permerror', `${name}=${value}`)
    }
  }
})

test('§3.5: c= defaults by halves, and other values are none', async () => {
  const bare = async (c: string, header: Form, inBody: Form): Promise<string> =>
    await result(signature(`${usual}${c}`, { header, bodyForm: inBody, bare: true }))
  assert.equal(await bare('', 'simple', 'simple'), 'pass')
  assert.equal(await bare('; c=simple', 'simple', 'simple'), 'pass')
  assert.equal(await bare('; c=relaxed', 'relaxed', 'simple'), 'pass')
  assert.equal(await bare('; c=Relaxed/RELAXED', 'relaxed', 'relaxed'), 'pass')
  for (const c of ['', 'relaxed/', '/relaxed', 'relaxed/simple/x', 'nowsp', 'relaxed /simple']) {
    assert.equal(await bare(`; c=${c}`, 'relaxed', 'simple'), 'permerror', c)
  }
})

test('§3.2: lists that are none, and all the white space that may stand in one', async () => {
  const good = [
    usual.replaceAll('; ', ';'),
    usual.replaceAll('; ', ' ;\r\n\t'),
    usual.replaceAll('=', ' = ').replace('b = <<', 'b =<<'),
    `\r\n ${usual}`,
    usual.replace('<<{b}>>', '<< \r\n {b}\r\n\t>>'),
    usual.replace(/^(.*); b=<<{b}>>/, ' b=<<{b} >>;$1'),
    usual.replace('; bh=', '; b=<<{b}>>; bh=').replace(/; b=<<{b}>>$/, ''),
  ]
  for (const template of good) {
    for (const header of forms) {
      assert.equal(await result(signature(template, { header })), 'pass', template)
    }
  }
  for (const end of ['', ';', '; ', ';\r\n ']) {
    const template = `${usual}; c=relaxed/relaxed${end}`
    assert.equal(await result(signature(template, { bare: true })), 'pass', end)
  }
  const bad = [
    `${usual}; s=k`,
    `${usual}; x_1=1; x_1=1`,
    `${usual}; foo`,
    `${usual}; =1`,
    `${usual}; 1f=1`,
    `${usual}; f-o=1`,
    `${usual}; f\xc3\xa9=1`,
    `${usual}; foo=a\x01b`,
    usual.replace('; s=', ';; s='),
    `;${usual}`,
    usual.replace('v=1', 'V=1'),
    usual.replace('<<', '<<!'),
    '',
    ' garbage',
  ]
  for (const template of bad) {
    assert.equal(await result(signature(template)), 'permerror', template)
  }
  for (const name of ['v', 'a', 'b', 'bh', 'd', 'h', 's']) {
    const template = usual.replace(new RegExp(`([ ;])${name}=`), `$1x${name}=`)
    assert.equal(await result(signature(template)), 'permerror', name)
  }
})

test('§3.6.1: key records that may be used, and records that may not', async () => {
  const at = async (...TXT: (string | readonly string[])[]): Promise<string> =>
    await result(signature(usual), { zone: { TXT } })
  const good = `p={p}|k=rsa; p={p}|v=DKIM1; p={p};| v = DKIM1 ; p = {p} |p={p}; k=rsa|v=DKIM1; x=y; p={p}
    |v=DKIM1; g=; p={p}|v=DKIM1; g=nobody; p={p}|v=DKIM1; n=a b=20c; p={p}|k=RSA; p={p}|h=sha256; p={p}|h=sha1 : SHA256; p={p}
    |h=x:sha256; p={p}|s=email; p={p}|s= x : * ; p={p}|s=x:email; p={p}|t=; p={p}|t=y; p={p}|t=s; p={p}|t=x:y:z; p={p}`
  for (const text of good.split(/\n? *\|/)) {
    assert.equal(await at(text.replace('{p}', spki)), 'pass', text)
  }
  const bad = `k=rsa; v=DKIM1; p={p}|v=dkim1; p={p}|v=DKIM2; p={p}|v=1; p={p}|v=; p={p}|v=DKIM1;; p={p}|p={p}; p={p}
    |k=rsa; k=rsa; p={p}|k=x; p={p}|k=; p={p}|k=ed25519; p={p}|v=DKIM1|v=DKIM1; p=|p= ;|p=AAAA|p=!!!!|P={p}|"p={p}"|p={p}; x
    |h=sha1; p={p}|h=x; p={p}|s=x; p={p}|s=; p={p}|v=spf1 -all|hello|`
  for (const text of bad.split(/\n? *\|/)) {
    assert.equal(await at(text.replace('{p}', spki)), 'permerror', text)
  }
  const pkcs1 = pair.publicKey.export({ type: 'pkcs1', format: 'der' }).toString('base64')
  assert.equal(await at(`p=${pkcs1}`), 'pass')
  assert.equal(await at(`p=${spki.replace(/=+$/, '')}`), 'pass')
  assert.equal(await at(`p=${spki.replace(/(.{40})/g, '$1 \t')}`), 'pass')
  assert.equal(await at([`v=DKIM1; p=${spki.slice(0, 50)}`, spki.slice(50)]), 'pass')
  assert.equal(await at('v=spf1 -all', record), 'pass')
})

test('§3.6.1: t=s binds the identity to the domain itself', async () => {
  const zone = { TXT: [`${record}; t=y : s`] }
  const ofIdentity = async (i: string): Promise<string> =>
    await result(signature(`${usual}; i=${i}`), { zone })
  assert.equal(await ofIdentity('joe@E.Example'), 'pass')
  assert.equal(await ofIdentity('@sub.e.example'), 'permerror')
})

test('§6.1.2: no key is a permerror, no answer a temperror', async () => {
  const at = async (zone: ZoneName | { readonly error: 'NXDOMAIN' | 'SERVFAIL' | 'TIMEOUT' }) => {
    const resolver = new MemoryResolver({ 'k._domainkey.e.example': zone })
    const message = [signature(usual), ...fields, '', body].join('\r\n')
    const [verdict] = await verifyDkim(Buffer.from(message, 'latin1'), { resolver, now })
    return verdict?.result
  }
  assert.equal(await at({ error: 'NXDOMAIN' }), 'permerror')
  assert.equal(await at({ A: ['192.0.2.1'] }), 'permerror')
  assert.equal(await at({ CNAME: 'nowhere.example' }), 'permerror')
  for (const error of ['SERVFAIL', 'TIMEOUT'] as const) {
    assert.equal(await at({ error }), 'temperror')
    assert.equal(await at({ TXT: { error } }), 'temperror')
  }
})

test('§5.4.2: which of several fields a name means, and that absent ones are signed too', async () => {
  const two = ['Received: one', 'Received: two', ...fields]
  const over = async (names: readonly string[], sent: readonly string[]): Promise<string> =>
    await result(signature(saying('h', names.join(':')), { fields: two, names }), { fields: sent })
  const all = ['from', 'received', 'received']
  const zero = 'Received: zero'
  assert.equal(await over(all, two), 'pass')
  assert.equal(await over(all, [zero, ...two]), 'pass')
  assert.equal(await over([...all, 'received'], two), 'pass')
  assert.equal(await over([...all, 'received'], [zero, ...two]), 'fail')
  assert.equal(await over(all, ['Received: two', 'Received: one', ...fields]), 'fail')
  assert.equal(await over(['received', 'from'], ['Received: other', ...two.slice(1)]), 'pass')
  assert.equal(await over(['from', 'cc'], [...two, 'Cc: a@b.example']), 'fail')
  assert.equal(await over(['from', 'from'], ['From: x@y.example', ...two]), 'fail')
  assert.equal(await over(['from'], [...two, 'From: x@y.example']), 'fail')
  assert.equal(await over(['from', 'dkim-signature'], two), 'pass')
})

test('RFC 8616: U-labels in d= and s= ask for the key under A-labels', async () => {
  const text = (value: string): string => Buffer.from(value).toString('latin1')
  const template = saying('d', text('bücher.example')).replace('s=k', `s=${text('schlüssel')}`)
  const name = 'xn--schlssel-95a._domainkey.xn--bcher-kva.example'
  assert.equal(await result(signature(template), { name }), 'pass')
  const notUtf8 = saying('d', 'b\xfccher.example').replace('s=k', 's=x')
  const latin1 = 'x._domainkey.xn--bcher-kva.example'
  assert.equal(await result(signature(notUtf8), { name: latin1 }), 'permerror')
})

test('RFC 8301: one bit less than 1,024 is too few', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1023 })
  const p = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const field = signature(usual, { key: privateKey })
  assert.equal(await result(field, { zone: { TXT: [`p=${p}`] } }), 'policy')
})
