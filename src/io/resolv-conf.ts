import { readFile } from 'node:fs/promises'
import { codeOf } from '../base/error.ts'
import { parseIp } from '../base/ip.ts'
import type { DnsEndpoint } from './stub-options.ts'

/** What the machine's resolver configuration says, as far as it concerns us. */
export interface ResolvConf {
  /** At most three, in the order they are to be asked. */
  readonly servers: readonly DnsEndpoint[]
  /** `options timeout:n`, in milliseconds. */
  readonly timeoutMs?: number
  /** `options attempts:n`. */
  readonly attempts?: number
  /** `options trust-ad`: whether what these servers say of DNSSEC is to be believed. */
  readonly trustAd: boolean
}

const maxServers = 3
/** Where a resolver is looked for when none is named: on this machine (resolv.conf(5)). */
const localServer: DnsEndpoint = { address: '127.0.0.1', port: 53 }

/** Reads the text of a `resolv.conf` (resolv.conf(5)). Lines that it does not know are skipped. */
export function parseResolvConf(text: string): ResolvConf {
  const servers: DnsEndpoint[] = []
  let options: readonly string[] = []
  for (const line of text.split('\n')) {
    if (/^\s*[#;]/.test(line)) continue
    const [keyword = '', ...words] = line.trim().split(/\s+/)
    if (keyword === 'nameserver') {
      const address = words[0] ?? ''
      // A link-local address has its interface behind a percent sign.
      const usable = parseIp(address.replace(/%[\w.-]+$/, '')) !== undefined
      if (usable && servers.length < maxServers) servers.push({ address, port: 53 })
    }
    if (keyword === 'options') options = [...options, ...words]
  }
  const seconds = numberOption(options, 'timeout', 30)
  const attempts = numberOption(options, 'attempts', 5)
  return {
    servers: servers.length > 0 ? servers : [localServer],
    ...(seconds !== undefined && { timeoutMs: seconds * 1000 }),
    ...(attempts !== undefined && { attempts }),
    trustAd: options.includes('trust-ad'),
  }
}

/** The machine's own configuration; a file that is not there names no server. */
export async function readResolvConf(path = '/etc/resolv.conf'): Promise<ResolvConf> {
  try {
    return parseResolvConf(await readFile(path, 'utf8'))
  } catch (problem) {
    if (codeOf(problem) === 'ENOENT') return parseResolvConf('')
    throw problem
  }
}

/** `name:n` with n from 1 to `max`; larger numbers are cut, as the C library does. */
function numberOption(options: readonly string[], name: string, max: number): number | undefined {
  const found = options.findLast((option) => option.startsWith(`${name}:`))
  const value = found === undefined ? Number.NaN : Number(found.slice(name.length + 1))
  return value >= 1 ? Math.min(Math.floor(value), max) : undefined
}
