import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { AnswerKind } from '../answers/kinds.ts'
import { whyBounce } from './why-bounce.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const folder = join(root, 'shared/conformance/dsn/sisimai')

/** Their words for reasons, and the kinds of ours that say the same. */
const same: Readonly<Record<string, readonly AnswerKind[]>> = {
  userunknown: ['no-such-mailbox'],
  filtered: ['no-such-mailbox'],
  hasmoved: ['no-such-mailbox'],
  mailboxfull: ['mailbox-full'],
  expired: ['network', 'try-later'],
  networkerror: ['network', 'loop'],
  hostunknown: ['dns'],
  blocked: ['listed', 'reputation', 'policy'],
  rejected: ['sender-refused'],
  policyviolation: ['policy'],
  securityerror: ['policy', 'login-wanted'],
  authfailure: ['authentication-failed'],
  requireptr: ['no-reverse-name'],
  norelaying: ['relay-denied'],
  spamdetected: ['spam'],
  contenterror: ['content'],
  mesgtoobig: ['too-big'],
  exceedlimit: ['too-big'],
  toomanyconn: ['connection-limit'],
  syntaxerror: ['protocol'],
  systemerror: ['try-later'],
  mailererror: ['try-later'],
  onhold: ['try-later'],
}

/** What the tests of sisimai say of these files, a recipient after the first by its number. */
const theirs: Readonly<Record<string, string>> = {
  authfailure: 'lhost-office365-03',
  blocked: 'lhost-exim-01 lhost-exim-04 lhost-gmail-04 lhost-qmail-04 lhost-qmail-09',
  contenterror: 'lhost-sendmail-06',
  exceedlimit: 'lhost-sendmail-05',
  expired:
    'lhost-exim-06 lhost-exim-08 lhost-gmail-08 lhost-gmail-09 lhost-postfix-08 rfc3464-07 rfc3464-35#1 rfc3464-36',
  filtered:
    'lhost-gmail-03 lhost-postfix-03 lhost-postfix-07 lhost-postfix-07#1 lhost-sendmail-02#1 rfc3464-35#2 rfc3464-42',
  hasmoved: 'rfc3464-10',
  hostunknown: 'lhost-postfix-06 rfc3464-37',
  mailboxfull: 'lhost-exim-07 lhost-gmail-06 lhost-qmail-06 rfc3464-01 rfc3464-09 rfc3464-38',
  mailererror: 'lhost-postfix-01 rfc3464-04',
  mesgtoobig: 'lhost-exchange2007-03',
  networkerror: 'lhost-qmail-07 rfc3464-34 rfc3464-40',
  norelaying: 'lhost-sendmail-07',
  onhold: 'rfc3464-39 rfc3464-43',
  policyviolation: 'lhost-exim-03 lhost-sendmail-09 rfc3464-03',
  rejected: 'lhost-qmail-03 lhost-sendmail-04 rfc3464-35',
  requireptr: 'lhost-sendmail-08',
  securityerror: 'lhost-exchange2007-04 lhost-gmail-05',
  spamdetected: 'rfc3464-08',
  syntaxerror: 'rfc3464-29',
  systemerror: 'lhost-gmail-07 lhost-qmail-05',
  toomanyconn: 'lhost-postfix-09',
  userunknown:
    'lhost-exchange2007-01 lhost-exchange2007-06 lhost-exchange2007-07 lhost-exim-02 lhost-exim-02#1 lhost-exim-05 lhost-gmail-01 lhost-office365-01 lhost-office365-02 lhost-office365-09 lhost-postfix-02 lhost-postfix-02#1 lhost-postfix-04 lhost-postfix-05 lhost-qmail-01 lhost-qmail-02 lhost-qmail-02#1 lhost-sendmail-01 lhost-sendmail-02 lhost-sendmail-03 rfc3464-06 rfc3464-26',
}

/** Where ours is another, and why. */
const argued: Readonly<Record<string, readonly [AnswerKind, string]>> = {
  'lhost-exim-03': ['content', 'the words are "Header error": that is about the letter'],
  'lhost-gmail-03': ['content', 'the words are "Header error"'],
  'lhost-sendmail-09': ['content', 'the words are "Header error"'],
  'lhost-gmail-07': [
    'protocol',
    'it says 500 and that it has no TLS: nothing of a system that fails',
  ],
  'lhost-postfix-01': ['no-such-mailbox', 'the status is 5.1.1, and procmail finds no such user'],
  'lhost-qmail-03': ['policy', 'the words are "Access denied", and no more of the sender'],
  'lhost-qmail-04': [
    'dns',
    '"Invalid domain name" is said; that it is about HELO stands elsewhere',
  ],
  'rfc3464-01': [
    'no-such-mailbox',
    'status and words say "User Unknown"; the other is from another part',
  ],
  'rfc3464-04': ['unknown', 'the report has no words; its transcript is not read'],
  'rfc3464-06': ['unknown', 'the report has no words; its transcript is not read'],
  'rfc3464-35': ['no-such-mailbox', '"is not a registered gateway user" is about the recipient'],
  'rfc3464-39': ['unknown', 'the report says no reason at all'],
}

test('bounces of many servers are read as another program reads them, but for what is argued', (t) => {
  if (!existsSync(folder)) {
    t.skip('the folder shared/conformance/dsn is not beside the repository')
    return
  }
  const files = Object.entries(theirs).flatMap(([reason, names]) => {
    return names.split(' ').map((name) => ({ name, reason }))
  })
  const other: Record<string, string | undefined> = {}
  for (const { name, reason } of files) {
    const [file = '', index = '0'] = name.split('#')
    const { recipients } = whyBounce(new Uint8Array(readFileSync(join(folder, `${file}.eml`))))
    const kind = recipients[Number(index)]?.reading?.kind
    if (!(same[reason] ?? []).some((one) => one === kind)) other[name] = kind
  }
  assert.deepEqual(
    other,
    Object.fromEntries(Object.entries(argued).map(([name, [kind]]) => [name, kind])),
  )
  const agree = files.length - Object.keys(other).length
  t.diagnostic(
    `${agree} of ${files.length} recipients agree, ${Object.keys(other).length} are argued`,
  )
})
