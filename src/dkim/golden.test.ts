import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'

import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { DkimVerifier, type DkimVerdict, splitMessage, verifyDkim } from './dkim.ts'

/**
 * `golden/NN-name.eml` (its lines end with LF there, and with CRLF in the message),
 * `NN-name.dns.json` (`now` and a zone) and `NN-name.verdicts.json`. `UPDATE=1` writes the last one.
 */
const folder = new URL('golden/', import.meta.url)

function load(name: string): { message: Uint8Array; now: number; resolver: MemoryResolver } {
  const text = readFileSync(new URL(`${name}.eml`, folder), 'latin1')
  const dns: { now: number; zone: Zone } = JSON.parse(
    readFileSync(new URL(`${name}.dns.json`, folder), 'utf8'),
  )
  const message = Buffer.from(text.replace(/\n/g, '\r\n'), 'latin1')
  return { message, now: dns.now, resolver: new MemoryResolver(dns.zone) }
}

const names = readdirSync(folder)
  .filter((file) => file.endsWith('.eml'))
  .map((file) => file.slice(0, -'.eml'.length))

for (const name of names) {
  test(`golden/${name}: the verdicts are those in the file`, async () => {
    const { message, now, resolver } = load(name)
    const verdicts = await verifyDkim(message, { resolver, now, keepCanonical: true })
    const file = new URL(`${name}.verdicts.json`, folder)
    if (process.env['UPDATE'] === '1') writeFileSync(file, `${JSON.stringify(verdicts, null, 2)}\n`)
    assert.deepEqual(verdicts, JSON.parse(readFileSync(file, 'utf8')))
  })

  test(`golden/${name}: the verdicts are the same wherever the body is cut`, async () => {
    const { message, now, resolver } = load(name)
    const { header, body } = splitMessage(message)
    const expected = await verifyDkim(message, { resolver, now })
    const run = (chunks: readonly Uint8Array[]): Promise<readonly DkimVerdict[]> => {
      const verifier = new DkimVerifier({ header, resolver, now })
      for (const chunk of chunks) verifier.push(chunk)
      return verifier.finish()
    }
    for (let cut = 0; cut <= body.length; cut++) {
      assert.deepEqual(await run([body.subarray(0, cut), body.subarray(cut)]), expected)
    }
    assert.deepEqual(await run(Array.from(body, (_, i) => body.subarray(i, i + 1))), expected)
  })
}
