import { formatDkimRecord, generateDkimKey } from '../dkim/dkim.ts'
import { places, receiver, sender } from './places.ts'
import type { LabTools } from './tools.ts'

/** The letter that most situations are about. */
function letter(input: {
  readonly subject: string
  readonly text: string
  readonly from?: string
  readonly to?: string
  readonly date?: string
}): string {
  return [
    `From: ${input.from ?? `Sender <${sender}>`}`,
    `To: ${input.to ?? `Receiver <${receiver}>`}`,
    `Subject: ${input.subject}`,
    ...(input.date === undefined ? [] : [`Date: ${input.date}`]),
    '',
    input.text,
    '',
  ].join('\r\n')
}

/** One thing that can happen to a letter, as one command. */
export interface Situation {
  readonly name: string
  /** One line for the list. */
  readonly title: string
  /** How the letter ends, as the status of its journey says it. */
  readonly outcome: 'delivered' | 'quarantined' | 'refused' | 'failed'
  /** The question it teaches. */
  readonly question: string
  /** One experiment to try next. `ID` is the receiving journey, `SENT` the sending one. */
  readonly experiment: string
  run(lab: LabTools): Promise<void>
}

const hello = letter({ subject: 'Hello', text: 'Dear receiver,\r\n\r\nthis is the first letter.' })
const quote = letter({ subject: 'Quote', text: 'Please find the quote as agreed.' })

async function sendHome(lab: LabTools, rcptTo: string, text = quote): Promise<void> {
  await lab.untilOver(await lab.submit({ mailFrom: sender, rcptTo, message: text }))
}

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
  {
    name: 'no-mx',
    title: 'the receiver’s domain has no MX: its address is used',
    outcome: 'delivered',
    question: 'Where does mail go when there is no MX record?',
    experiment: './waybill show SENT  (see "where to?")',
    run: (lab) => sendHome(lab, 'receiver@no-mx.south.example'),
  },
  {
    name: 'null-mx',
    title: 'the receiver’s domain says that it takes no mail',
    outcome: 'failed',
    question: 'How does a domain say "never write to me"?',
    experiment: './waybill mail list sender@north.example  (the report is there)',
    run: (lab) => sendHome(lab, 'receiver@null-mx.south.example'),
  },
  {
    name: 'no-such-domain',
    title: 'the receiver’s domain does not exist',
    outcome: 'failed',
    question: 'Who tells the sender that a letter cannot go?',
    experiment: './waybill mail show last --account sender@north.example',
    run: (lab) => sendHome(lab, 'receiver@nowhere.south.example'),
  },
  {
    name: 'greylisted',
    title: 'the receiver asks to come back later; the second attempt arrives',
    outcome: 'delivered',
    question: 'What is the difference between 451 and 550?',
    experiment: './waybill show SENT  (two attempts, minutes apart)',
    async run(lab) {
      lab.greylist()
      await sendHome(lab, receiver)
    },
  },
  {
    name: 'server-down',
    title: 'the first mail server is down; the backup MX takes the letter',
    outcome: 'delivered',
    question: 'Why do domains have several MX records?',
    experiment: './waybill show SENT  (see both connections)',
    run: (lab) => sendHome(lab, 'receiver@backup.south.example'),
  },
  {
    name: 'mailbox-full',
    title: 'the receiver’s mailbox is full; when there is room, the letter arrives',
    outcome: 'delivered',
    question: 'How often does a sender ask, and when would it give up?',
    experiment: './waybill show SENT  (three attempts, and what each answer was read as)',
    async run(lab) {
      lab.trouble('recipient:452', 2)
      await sendHome(lab, receiver)
    },
  },
  {
    name: 'one-letter-a-connection',
    title: 'the receiver takes one letter over each connection, and says 421 to the next',
    outcome: 'delivered',
    question: 'Is a letter refused when its connection is?',
    experiment: './waybill show SENT  (the second letter went over a new connection at once)',
    async run(lab) {
      lab.trouble('sender:once')
      const again = letter({ subject: 'Quote, again', text: 'I forgot the price.' })
      const ids = [quote, again].map((message) => {
        return lab.submit({ mailFrom: sender, rcptTo: receiver, message })
      })
      for (const id of await Promise.all(ids)) await lab.untilOver(id)
    },
  },
  {
    name: 'tls-broken',
    title: 'TLS is offered and fails; nobody insists on it, so the letter goes in clear text',
    outcome: 'delivered',
    question: 'What does it take for a sender to insist on TLS?',
    experiment: './waybill show SENT  (see "Is the way to it private?")',
    async run(lab) {
      lab.trouble('starttls:broken')
      await sendHome(lab, receiver)
    },
  },
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
