import { seededRandom } from '../../src/base/random.ts'
import type { Zone } from '../../src/dns/zone-table.ts'

/** One evaluation. */
export interface SpfCase {
  readonly ip: string
  readonly helo: string
  readonly mailFrom: string
  readonly zone: Zone
}

const names =
  'a.example b.example c.example d.example void.example nodata.example bad.example mx11.example alias.example'
const targets = `${names} %{d} %{h} %{o} %{d2} %{l}.example %{i}.example %{ir}.%{v}.arpa.example %{l1r-}.example %{h2}`
const networks =
  'ip4:192.0.2.1 ip4:192.0.2.0/24 ip4:198.51.100.0/25 ip6:2001:db8::/32 ip6:2001:db8::1 ip4:0.0.0.0/0'
const bits = ['', '', '', '/24', '//64', '/24//64', '/0', '/32', '//128']
const broken =
  'moo ip4:1.2.3 ip6:: a:%{x} include: exists all:a.example redirect:a.example a/33 a//129 ip4:192.0.2.1/33 1up=x include=a.example'
const addresses = [
  '192.0.2.1',
  '192.0.2.1',
  '198.51.100.7',
  '203.0.113.9',
  '2001:db8::1',
  '2001:db8:1::9',
]
const senders = [
  'joe@a.example',
  'joe@b.example',
  'j-o-e@c.example',
  'joe@d.example',
  'joe@alias.example',
  '',
  'joe@void.example',
]
const greetings = ['mail.a.example', 'a.example', 'b.example', 'client.example']

/** A made-up policy with what it leads to; the same for the same seed. */
export function spfCase(seed: number): SpfCase {
  const random = seededRandom(seed)
  const number = (below: number): number => Math.floor(random() * below)
  const pick = (from: readonly string[]): string => from[number(from.length)] ?? ''
  const word = (from: string): string => pick(from.split(' '))
  const qualifier = (): string => pick(['', '', '', '-', '~', '?', '+'])
  const term = (): string => {
    switch (number(9)) {
      case 0:
        return qualifier() + pick(['a', 'mx', 'ptr', 'a/24', 'mx//64'])
      case 1:
        return `${qualifier()}${pick(['a', 'mx'])}:${word(targets)}${pick(bits)}`
      case 2:
        return `${qualifier()}ptr:${word(targets)}`
      case 3:
        return `${qualifier()}exists:${word(targets)}`
      case 4:
      case 5:
        return `${qualifier()}include:${word(targets)}`
      case 6:
        return `${pick(['redirect', 'exp'])}=${pick(['why.example', 'two.example', ...names.split(' ')])}`
      case 7:
        return number(4) === 0 ? word(broken) : pick(['foo=bar', 'x-y=%{d}', '-all', '~all'])
      default:
        return qualifier() + word(networks)
    }
  }
  const record = (): string => {
    const terms = Array.from({ length: number(6) }, term)
    return ['v=spf1', ...terms].join(' ')
  }
  const hosts = Array.from({ length: 11 }, (_, index) => `m${index}.example`)
  return {
    ip: pick(addresses),
    helo: pick(greetings),
    mailFrom: pick(senders),
    zone: {
      'a.example': {
        TXT: [record()],
        A: ['192.0.2.1'],
        AAAA: ['2001:db8::1'],
        MX: ['10 b.example', '20 void.example'],
      },
      'b.example': { TXT: [record()], A: ['198.51.100.7'], MX: ['10 a.example'] },
      'c.example': {
        TXT: number(5) === 0 ? [record(), record()] : ['hello', record()],
        A: ['192.0.2.77', '203.0.113.1'],
        AAAA: ['2001:db8::77'],
      },
      'd.example': { TXT: [record()], AAAA: ['2001:db8::1'] },
      'alias.example': { CNAME: 'b.example' },
      'nodata.example': { NS: ['ns.example'] },
      'bad.example': { error: 'TIMEOUT' },
      'mx11.example': { MX: hosts.map((name, index) => `${index} ${name}`) },
      ...Object.fromEntries(hosts.map((name, index) => [name, { A: [`10.0.0.${index}`] }])),
      'why.example': { TXT: ['%{i} is not %{s} of %{d}, says %{r}, %{h} %{v}'] },
      'two.example': { TXT: ['a', 'b'] },
      'client.example': { A: ['192.0.2.1'], TXT: ['v=spf1 a -all'] },
      '1.2.0.192.in-addr.arpa': { PTR: [pick(['a.example', 'void.example', 'b.example'])] },
      'joe.example': { A: ['127.0.0.2'] },
      '192.0.2.1.example': { A: ['127.0.0.1'] },
    },
  }
}
