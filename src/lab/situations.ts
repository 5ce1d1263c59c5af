import { formatDkimRecord, generateDkimKey } from '../dkim/dkim.ts'
import { places, receiver, sender } from './places.ts'
import { letter, quote, sendHome, type Situation } from './situation.ts'
import type { LabTools } from './tools.ts'
import { waySituations } from './way-situations.ts'

const hello = letter({ subject: 'Hello', text: 'Dear receiver,\r\n\r\nthis is the first letter.' })
async function forge(lab: LabTools): Promise<void> {
  const message = letter({
    subject: 'Your account',
    text: 'Please send your password to this address.',
    date: 'Mon, 02 Nov 2026 10:00:00 +0000',
  })
  await lab.send('stranger', { mailFrom: sender, rcptTo: receiver, message })
}

/** The record of a key that nobody signs with. */
function anotherKey(type: 'rsa' | 'ed25519'): string {
  return formatDkimRecord({ type, publicKey: generateDkimKey(type).publicKey })
}

function dmarc(record: string): { readonly '_dmarc.north.example': { readonly TXT: string[] } } {
  return { '_dmarc.north.example': { TXT: [record] } }
}

/** All situations, in the order in which they are best tried. */
export const situations: readonly Situation[] = [
  {
    name: 'hello',
    title: 'an ordinary letter goes all the way',
    outcome: 'delivered',
    question: 'Who vouches for a letter, and how does the receiver know?',
    experiment: './waybill replay ID --ip 198.51.100.66',
    run: (lab) => sendHome(lab, receiver, hello),
  },
  {
    name: 'forged',
    title: 'a stranger writes in north’s name',
    outcome: 'refused',
    question: 'What stops anybody from writing anybody’s name on a letter?',
    experiment: `./waybill replay ID --dns '_dmarc.north.example TXT "v=DMARC1; p=none"'`,
    run: forge,
  },
  {
    name: 'forwarded',
    title: 'a forwarder passes the letter on: SPF fails, DKIM saves it',
    outcome: 'delivered',
    question: 'Why does forwarding break SPF and not DKIM?',
    experiment: './waybill replay ID --ip 192.0.2.10',
    async run(lab) {
      const message = await lab.signedByNorth(quote)
      await lab.send('forwarder', { mailFrom: sender, rcptTo: receiver, message })
    },
  },
  {
    name: 'mailing-list',
    title: 'a mailing list changes the letter: the signature breaks, the list is known',
    outcome: 'delivered',
    question: 'Why must a receiver not refuse on p=reject alone?',
    experiment: './waybill show ID --json  (see the step "decision": what was weighed)',
    async run(lab) {
      const signed = await lab.signedByNorth(quote)
      const changed = signed
        .replace('Subject: Quote', 'Subject: [friends] Quote')
        .concat('-- \r\nThe friends’ list\r\n'.replace('’', "'"))
      const listed = `List-Id: Friends <friends.${places.lists.domain}>\r\n${changed}`
      const message = await lab.signedByLists(listed)
      const mailFrom = `friends-bounces@${places.lists.domain}`
      await lab.send('lists', { mailFrom, rcptTo: receiver, message })
    },
  },
  {
    name: 'subdomain',
    title: 'a part of the company writes: relaxed alignment lets its parent vouch',
    outcome: 'delivered',
    question: 'When does one domain’s signature count for another?',
    experiment: `./waybill replay ID --dns '_dmarc.north.example TXT "v=DMARC1; p=reject; adkim=s; aspf=s"'`,
    async run(lab) {
      const from = `news@news.${places.north.domain}`
      const message = letter({ subject: 'News', text: 'The news of this week.', from })
      await lab.untilOver(await lab.submit({ mailFrom: sender, rcptTo: receiver, message }))
    },
  },
  {
    name: 'policy-none',
    title: 'the same forgery, and north only watches (p=none)',
    outcome: 'delivered',
    question: 'What does p=none protect?',
    experiment: `./waybill replay ID --dns '_dmarc.north.example TXT "v=DMARC1; p=reject"'`,
    async run(lab) {
      lab.changeZone(dmarc('v=DMARC1; p=none; rua=mailto:dmarc@north.example'))
      await forge(lab)
    },
  },
  {
    name: 'policy-quarantine',
    title: 'the same forgery, and north asks for the spam folder (p=quarantine)',
    outcome: 'quarantined',
    question: 'What is the difference between marking and refusing?',
    experiment: './waybill mail list receiver@south.example --mailbox Junk',
    async run(lab) {
      lab.changeZone(dmarc('v=DMARC1; p=quarantine'))
      await forge(lab)
    },
  },
  {
    name: 'test-mode',
    title: 'the same forgery, and north is testing p=reject (t=y): one step softer',
    outcome: 'quarantined',
    question: 'How does a domain try a policy before it means it?',
    experiment: `./waybill replay ID --dns '_dmarc.north.example TXT "v=DMARC1; p=reject"'`,
    async run(lab) {
      lab.changeZone(dmarc('v=DMARC1; p=reject; t=y'))
      await forge(lab)
    },
  },
  ...waySituations,
  {
    name: 'wrong-dkim-key',
    title: 'DNS holds another key than the one that signed: DKIM fails, SPF still vouches',
    outcome: 'delivered',
    question: 'What does a receiver see when a key was changed in one place only?',
    experiment: './waybill replay ID --ip 198.51.100.30',
    async run(lab) {
      lab.changeZone({
        'lab1._domainkey.north.example': { TXT: [anotherKey('rsa')] },
        'lab1-ed._domainkey.north.example': { TXT: [anotherKey('ed25519')] },
      })
      await sendHome(lab, receiver)
    },
  },
  {
    name: 'two-spf-records',
    title: 'north published a second SPF record: both are void, DKIM saves the letter',
    outcome: 'delivered',
    question: 'Why must there be only one SPF record?',
    experiment: `./waybill replay ID --dns 'north.example TXT "v=spf1 ip4:192.0.2.10 -all"'`,
    async run(lab) {
      lab.changeZone({
        'north.example': {
          MX: [`10 ${places.north.host}`],
          TXT: [`v=spf1 ip4:${places.north.ip} -all`, 'v=spf1 include:news.north.example ~all'],
        },
      })
      await sendHome(lab, receiver)
    },
  },
  {
    name: 'eleven-lookups',
    title: 'north’s SPF record asks eleven questions, one too many: permerror',
    outcome: 'delivered',
    question: 'Why does SPF stop counting at ten?',
    experiment: './waybill show ID --step spf -v  (see what was asked)',
    async run(lab) {
      const hosts = Array.from({ length: 11 }, (_, i) => `h${i + 1}.north.example`)
      lab.changeZone({
        'north.example': {
          MX: [`10 ${places.north.host}`],
          TXT: [`v=spf1 ${hosts.map((host) => `a:${host}`).join(' ')} ip4:${places.north.ip} -all`],
        },
        ...Object.fromEntries(hosts.map((host, i) => [host, { A: [`192.0.2.${100 + i}`] }])),
      })
      await sendHome(lab, receiver)
    },
  },
]

export function findSituation(name: string): Situation | undefined {
  return situations.find((one) => one.name === name)
}
