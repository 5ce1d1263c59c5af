import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Result } from '../base/result.ts'
import {
  formatLocalPart,
  readLocalPart,
  formatMailbox,
  parseMailbox,
  readMailbox,
} from './mailbox.ts'
import { parseForwardPath, parseReversePath, readForwardPath, readReversePath } from './path.ts'

const folder = new URL('../../../shared/conformance/address/', import.meta.url)
const absent = existsSync(folder) ? false : 'the conformance data is not beside the repository'

test('every isemail address is taken or refused as its category says', { skip: absent }, () => {
  const xml = readFileSync(new URL('isemail-tests.xml', folder), 'utf8')
  const pattern = /<test id="(\d+)">(.*?)<\/test>/gs
  let cases = 0
  for (const [, id, body = ''] of xml.matchAll(pattern)) {
    const address = controls(unescapeXml(/<address>([^<]*)</.exec(body)?.[1] ?? ''))
    const category = /<category>ISEMAIL_(\w+)</.exec(body)?.[1]
    const wanted = ['VALID_CATEGORY', 'DNSWARN', 'RFC5321'].includes(category ?? '')
    assert.equal(
      isStrict(readMailbox(address)),
      wanted,
      `test ${id} ${JSON.stringify(address)}: ${category}`,
    )
    const inBrackets = wanted || address === ''
    assert.equal(isStrict(readReversePath(`<${address}>`)), inBrackets, `test ${id} in brackets`)
    cases++
  }
  assert.ok(cases >= 164, `${cases} cases read`)
})

interface Lists {
  readonly 'haraka-address-rfc2821': {
    readonly valid: readonly { path: string; user: string; host: string }[]
    readonly invalid: readonly string[]
  }
  readonly mox: {
    readonly localpartValid: readonly string[]
    readonly localpartInvalid: readonly string[]
    readonly addressValid: readonly string[]
    readonly addressInvalid: readonly string[]
    readonly packLocalpart: readonly { value: string; wire: string }[]
  }
  readonly 'go-smtp-reverse-path': {
    readonly valid: readonly { raw: string; path: string; after: string }[]
    readonly invalid: readonly string[]
  }
}

function lists(): Lists {
  return JSON.parse(readFileSync(new URL('smtp-paths.json', folder), 'utf8')) as Lists
}

test('the paths of Haraka are read as its tests say', { skip: absent }, () => {
  const { valid, invalid } = lists()['haraka-address-rfc2821']
  assert.ok(valid.length >= 16 && invalid.length >= 4)
  for (const { path, user, host } of valid) {
    // Haraka also takes an address without brackets; RFC 5321 §4.1.2 does not.
    const text = path.startsWith('<') ? path : `<${path}>`
    const parsed = path === '<>' ? parseReversePath(text) : parseForwardPath(text)
    assert.ok(parsed.ok, path)
    switch (parsed.value.type) {
      case 'mailbox':
        assert.equal(formatLocalPart(parsed.value.mailbox.localPart), user)
        assert.equal(parsed.value.mailbox.domain, host)
        break
      case 'null':
        assert.equal(user, '')
        break
      case 'postmaster':
        assert.equal(user, 'postmaster')
        break
    }
    if (text !== path) assert.equal(parseForwardPath(path).ok, false, `${path} has no brackets`)
  }
  for (const path of invalid) assert.equal(isStrict(readForwardPath(path)), false, path)
})

test('the local parts and addresses of mox are read as its tests say', { skip: absent }, () => {
  const mox = lists().mox
  const counts = [
    mox.localpartValid.length >= 6,
    mox.localpartInvalid.length >= 6,
    mox.addressValid.length >= 1,
    mox.addressInvalid.length >= 8,
    mox.packLocalpart.length >= 6,
  ]
  assert.ok(counts.every(Boolean), 'cases are missing')
  for (const text of mox.localpartValid) {
    const read = readLocalPart(text, 0)
    assert.ok(read.ok && read.value.end === text.length, text)
  }
  for (const text of mox.localpartInvalid) {
    const read = readLocalPart(text, 0)
    assert.ok(!isStrict(read) || (read.ok && read.value.end < text.length), text)
  }
  for (const text of mox.addressValid) assert.ok(parseMailbox(text).ok, text)
  for (const text of mox.addressInvalid) assert.equal(isStrict(readMailbox(text)), false, text)
  for (const { value, wire } of mox.packLocalpart) assert.equal(formatLocalPart(value), wire)
})

test('the reverse paths of go-smtp are read, those in brackets', { skip: absent }, () => {
  const { valid, invalid } = lists()['go-smtp-reverse-path']
  assert.ok(valid.length >= 5 && invalid.length >= 7)
  for (const { raw, path, after } of valid) {
    const read = readReversePath(raw)
    assert.equal(read.ok, raw.startsWith('<'), raw)
    if (!read.ok) continue
    assert.equal(read.value.rest, after)
    const mailbox = read.value.path.type === 'mailbox' ? formatMailbox(read.value.path.mailbox) : ''
    assert.equal(mailbox, path)
  }
  for (const raw of invalid) assert.equal(isStrict(readReversePath(raw)), false, raw)
})

/** Whether it was read without going beyond RFC 5321, as the suites want it. */
function isStrict(read: Result<{ readonly remarks: readonly unknown[] }>): boolean {
  return read.ok && read.value.remarks.length === 0
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(\w+));/g, (_, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return named[name] ?? ''
  })
}

/** The suite writes control characters as their symbols, U+2400 and up. */
function controls(text: string): string {
  return text.replace(/[\u2400-\u241f]/g, (symbol) =>
    String.fromCharCode(symbol.charCodeAt(0) - 0x2400),
  )
}
