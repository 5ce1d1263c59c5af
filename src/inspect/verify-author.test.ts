/** Whose domain DMARC takes for the author's: headers as they come, RFC 9989 §5.3.1 and §11.5. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Zone } from '../dns/zone-table.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { answerVerifyRequest } from './verify-answer.ts'
import { readVerifyRequest } from './verify-request.ts'

/** SPF passes for x.example alone, and all three have a record. */
const dns: Zone = {
  'x.example': { TXT: ['v=spf1 +all'] },
  '_dmarc.x.example': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.y.example': { TXT: ['v=DMARC1; p=none'] },
  '_dmarc.xn--bcher-kva.example': { TXT: ['v=DMARC1; p=quarantine'] },
}
const sender = { ip: '192.0.2.1', helo: 'mx.example', mailFrom: 'a@x.example' }
const world = { resolver: () => new MemoryResolver({}), receiver: 'mx.example', now: () => 0 }

const x = 'pass x.example'
const y = 'fail y.example'
const nobody = 'permerror -'

/** The header, and the result with the Organizational Domain of the author who decides. */
const cases: readonly (readonly [string, string])[] = [
  ['From: a@x.example', x],
  ['From: <a@x.example>', x],
  ['fRoM:\ta@x.example', x],
  ['From : a@x.example', x],
  ['From: Ann\r\n <a@x.example>', x],
  ['From: A. B. <A@X.EXAMPLE>', x],
  ['From: a@x.example.', x],
  ['From: a@y.example', y],
  // What a reader is shown as a name is not an address.
  ['From: "b@y.example" <a@x.example>', x],
  ['From: "<b@y.example>" <a@x.example>', x],
  ['From: "a\\"@y.example" <a@x.example>', x],
  ['From: =?utf-8?q?b=40y.example=2C?= <a@x.example>', x],
  ['From: J\xfcrg <a@x.example>', x],
  // Comments, and what old software wrote
  ['From: a@x.example (b@y.example)', x],
  ['From: (a (b@y.example) c) a@x.example', x],
  ['From: a@x(.y).example', x],
  ['From: (a)Ann(b)<(c)a(d)@(e)x.example(f)>(g)', x],
  ['From: a @ x . example', x],
  ['From: a@x.\r\n example', x],
  ['From: <@y.example:a@x.example>', x],
  ['From: <@y.example,@z.example:a@x.example>', x],
  ['From: ,a@x.example,', x],
  // Local parts
  ['From: "a b"@x.example', x],
  ['From: "a@y.example"@x.example', x],
  ['From: <"a>@y.example"@x.example>', x],
  ['From: a%y.example@x.example', x],
  // Groups
  ['From: G: a@x.example;', x],
  ['From: "G": a@x.example;', x],
  ['From: G: a@x.example, b@y.example;', y],
  ['From: G: a@x.example;, b@y.example', y],
  ['From: G:;', nobody],
  // Several authors: the strictest of those that fail decides.
  ['From: a@x.example, b@x.example', x],
  ['From: a@x.example, b@y.example', y],
  ['From: b@y.example, a@x.example', y],
  ['From: a@d0.a, a@d1.a, a@d2.a, a@d3.a, a@d4.a, a@d5.a', nobody],
  // Nothing can pass with two fields, and what fails still does (§4.4).
  ['From: a@x.example\r\nFrom: b@y.example', y],
  ['From: b@y.example\r\nFrom: a@x.example', y],
  ['From: a@x.example\r\nFrom: a@x.example', nobody],
  // Tricks: whatever some reader may take for the author is one.
  ['From: <a@x.example> <b@y.example>', y],
  ['From: a@x.example b@y.example', y],
  ['From: a@x.example; b@y.example', y],
  ['From: a@x.example\0@y.example', y],
  ['From: b@y.example <a@x.example>', y],
  ['From: Ann <a@x.example', x],
  ['From: "Ann <a@x.example>', x],
  ['From: (Ann <a@x.example>', x],
  // U-labels are asked for as A-labels.
  ['From: a@b\xc3\xbccher.example', 'fail xn--bcher-kva.example'],
  ['From: a@B\xc3\x9cCHER.example', 'fail xn--bcher-kva.example'],
  ['From: a@xn--bcher-kva.example', 'fail xn--bcher-kva.example'],
  // No author
  ['From:', nobody],
  ['From: \r\n ', nobody],
  ['From: ann', nobody],
  ['From: Ann <ann>', nobody],
  ['From: a@', nobody],
  ['From: a@[192.0.2.1]', nobody],
  ['From: a@x..example', nobody],
  ['From: a@.x.example', nobody],
  [`From: a@${'x'.repeat(64)}.example`, nobody],
  ['Sender: a@x.example', nobody],
  ['Resent-From: a@x.example', nobody],
]

for (const [header, wanted] of cases) {
  test(`the author of ${JSON.stringify(header).slice(0, 80)}`, async () => {
    const message = Buffer.from(`${header}\r\nTo: b@z.example\r\n\r\nHi.\r\n`, 'latin1')
    const request = readVerifyRequest({ message: message.toString('base64'), ...sender, dns })
    assert.ok(request.ok)
    const { dmarc } = await answerVerifyRequest(request.value, world)
    assert.equal(`${dmarc?.result ?? ''} ${dmarc?.orgDomain ?? '-'}`, wanted)
  })
}
