import { receiver, sender, strict } from './places.ts'
import { letter, quote, sendHome, type Situation } from './situation.ts'

/** What can happen on the way to the receiver's server. */
export const waySituations: readonly Situation[] = [
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
    name: 'expired-cert',
    title: 'the receiver’s certificate has ended; nobody asked for a good one, so the letter goes',
    outcome: 'delivered',
    question: 'What is a certificate worth that nobody checks?',
    experiment: './waybill show SENT  (see "Is the way to it private?"), then mta-sts-enforced',
    async run(lab) {
      lab.trouble('starttls:expired')
      await sendHome(lab, receiver)
    },
  },
  {
    name: 'mta-sts-enforced',
    title:
      'the receiver’s certificate has ended, and its domain insists on a good one: the letter waits',
    outcome: 'delivered',
    question: 'Who says that a letter must go over TLS or not at all?',
    experiment: './waybill show SENT  (nothing was sent at the first attempt)',
    async run(lab) {
      lab.trouble('starttls:expired', 1)
      await sendHome(lab, `receiver@${strict.domain}`)
    },
  },
]
