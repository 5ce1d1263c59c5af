import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'

import { MemoryResolver } from '../dns/memory-resolver.ts'
import { unevenLetter as letter } from '../signature/test-support/letters.ts'
import {
  type DkimVerdict,
  formatDkimRecord,
  generateDkimKey,
  signDkim,
  verifyDkim,
} from './dkim.ts'

const now = Math.floor(Date.now() / 1000)
const pairs = [generateDkimKey('ed25519'), generateDkimKey('rsa', 1024)] as const
const records = new Map(
  pairs.map((pair) => [`${pair.type}._domainkey.north.example`, formatDkimRecord(pair)]),
)
const resolver = new MemoryResolver(
  Object.fromEntries(Array.from(records, ([name, text]) => [name, { TXT: [text] }])),
)

async function theirs(message: string): Promise<boolean> {
  const { results } = await dkimVerify(Buffer.from(message), {
    resolver: (name: string) => {
      const text = records.get(name)
      if (text !== undefined) return Promise.resolve([[text]])
      return Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
    },
  })
  return results.some((one) => one.status.result === 'pass')
}

/** The header lines that are neither a field nor the continuation of one. */
function malformedLines(message: string): number {
  const header = message.slice(0, message.indexOf('\r\n\r\n'))
  const lines = header.split('\r\n')
  const first = /^[ \t]/.test(lines[0] ?? '') ? 1 : 0
  return first + lines.filter((line) => !/^[ \t]|^[!-9;-~]+[ \t]*:/.test(line)).length
}

/** Why we and mailauth 7 may differ, and what decides. */
function explanation(message: string, ours: DkimVerdict | undefined): string | undefined {
  // mailauth takes such a line as part of the field above. RFC 5322 §2.2.3: only a line that begins
  // with white space continues a field.
  if (malformedLines(message) > 0) return 'a line that is no field'
  // mailauth skips what is not base64. RFC 6376 §2.10: base64string has no other characters.
  if (ours?.result === 'permerror' && ours.reason.code === 'tag-invalid') return 'not base64'
  return undefined
}

test('mutated messages pass here when they pass in mailauth, or an RFC says why not', async () => {
  const form = fc.constantFrom('simple' as const, 'relaxed' as const)
  const octet = fc.constantFrom(...Array.from(' \t;=:abDKIM.0+/,"'))
  const seen = new Map<string, number>()
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...pairs),
      fc.record({ header: form, body: form }),
      fc.nat(2000),
      octet,
      fc.constantFrom('change', 'add', 'lose'),
      async (pair, canonicalization, seed, added, how) => {
        const key = { domain: 'north.example', selector: pair.type, privateKey: pair.privateKey }
        const signed = signDkim(Buffer.from(letter), { keys: [key], now, canonicalization })
        const text = signed.join('') + letter
        const at = seed % text.length
        // Bare line ends are another matter: mailauth makes CRLF of them.
        if (/[\r\n]/.test(text.charAt(at))) return
        const message =
          text.slice(0, at) +
          (how === 'lose' ? '' : added) +
          text.slice(how === 'add' ? at : at + 1)
        const [ours] = await verifyDkim(Buffer.from(message), { resolver, now })
        // mailauth throws at a `c=` that it does not know, such as `/simple`: that is no pass either.
        const expected = await theirs(message).catch(() => false)
        count(ours?.result === 'pass' ? 'pass' : 'no pass')
        if (expected === (ours?.result === 'pass')) return
        count('explained')
        assert.ok(explanation(message, ours) !== undefined, JSON.stringify({ message, ours }))
      },
    ),
    { numRuns: 400 },
  )
  const [passes = 0, others = 0, explained = 0] = ['pass', 'no pass', 'explained'].map((one) =>
    seen.get(one),
  )
  assert.ok(passes > 5 && others > 100, `${passes} passed, ${others} did not`)
  assert.ok(explained < 40, `${explained} of ${passes + others} differ and were explained`)
})
