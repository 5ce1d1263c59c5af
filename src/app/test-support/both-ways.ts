import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { after, test, type TestContext } from 'node:test'
import type { Settings } from '../../config/settings.ts'

type Run = (t: TestContext) => Promise<void>

/** With so many threads a test runs again. */
const threads = 2

const current = new AsyncLocalStorage<number>()

/**
 * The tests that run twice, by file: with sessions on the main thread, and over session threads. Those
 * in which it matters where a session is: what sessions share, what is asked of the main thread, who
 * waits for whom, and what is left behind. Starting threads takes time: what only says which words are
 * said to whom is left out.
 */
const twice = {
  'bad-input': [
    'a bare CR or LF is refused at the true end, and nothing behind it is a command',
    'a peer that closes its side at any point leaves a journey and nothing else',
    'noise is answered or hung up on, and the server lives on',
    'TLS octets on a clear port and clear text on the TLS port are let go',
  ],
  limits: [
    'an address that has its connections hears 421, and the log says why; letters are not counted',
    'after enough wrong passwords a new session hears 421 and an open one 454; elsewhere the right one is right',
    'twenty right logins at once from one address all succeed',
    'an account has its places, and a connection that ends gives its own back',
    'refused recipients count across connections, and those of users do not',
    'a wrong password for an account that only receives is like any other',
    'a header field that would keep all others waiting is refused, whatever port it comes to',
    'headers without an end use no more memory than there is for one network; small letters still come',
  ],
  receiving: [
    'a forgery is refused with the domain, the wish of its owner and the id',
    'with TLS the Received field says so, with several recipients it names none',
    'when DNS cannot be asked, the letter is taken, or put off when the house says so',
    'several letters of one connection have a journey each, with the same beginning',
    'connections that bring nothing have a journey as well, with the reason',
  ],
  references: [
    'in one packet each refusal still names the journey that it belongs to',
    'a session that ends with 421 names the journey in which it does',
    'at submission the refusals of log-in, sender and author name their journeys too',
  ],
  'refused-content': [
    'what only the whole letter could tell is not made up',
    'a header that is longer than what is kept is kept whole',
    'a refused letter of just the length that is kept is kept whole',
  ],
  reload: 'all',
  spool: [
    'a long letter that is broken off leaves nothing in the spool, from whomever it is',
    'a long letter that is refused, too big, or put off leaves nothing in the spool',
  ],
  starttls: [
    'sessions with STARTTLS use up no room: there is as much behind many as before',
    'a client that says STARTTLS and leaves has a journey with the reason, and leaves nothing',
    'a client that leaves within the handshake of 465 has a journey as well',
    'static RSA is taken on port 25 where the settings say so, never from users, and told',
  ],
  stopping: [
    'who is idle when the server stops hears 421; who is within a message may finish it',
    'who is still within a message when the grace is over hears 421, and the record says why',
    'who is idle within a transaction when the server stops is not said to have given up',
    'clients that do not go when they should do not keep the server',
    'connections beyond the limit hear 421 and are closed, those within go on',
  ],
  submission: [
    'a wrong name and a wrong password get the same answer, and three of them the end',
    'a letter is stored as it will be sent: signed, with Received, without the user’s address',
    'local recipients get it at once, others wait in the queue, each under its destination',
    'what the sender wants to be told is kept with the letter',
  ],
  vanishing: 'all',
} as const

/** How many session threads the test under way wants; 0: none. */
export function threadsOfTest(): number {
  return current.getStore() ?? 0
}

/** Settings for a test that starts a server: as many threads as it wants, not as the machine has cores. */
export function forTest(settings: Settings): Settings {
  return { ...settings, limits: { ...settings.limits, threads: threadsOfTest() || 1 } }
}

/** What declares the tests of a file: those in the table run over threads as well. */
export function testsOf(file: keyof typeof twice): (name: string, run: Run) => void {
  const listed: 'all' | readonly string[] = twice[file]
  const missing = new Set(listed === 'all' ? [] : listed)
  after(() => assert.deepEqual([...missing], [], 'there are no such tests any more'))
  return (name, run) => {
    void test(name, run)
    missing.delete(name)
    if (listed !== 'all' && !listed.includes(name)) return
    void test(`${name} (session threads)`, (t) => current.run(threads, () => run(t)))
  }
}
