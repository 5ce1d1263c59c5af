import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lifetime } from '../test/interop/clean-up.ts'
import type { Milter } from '../test/interop/opendkim.ts'
import { program } from '../test/interop/peers.ts'
import { Running, shortFolder } from '../test/interop/processes.ts'

/** The public suffix list where Debian's package puts it. */
const suffixes = '/usr/share/publicsuffix/public_suffix_list.dat'

/**
 * Starts OpenDMARC as a milter. It takes the results of DKIM and SPF from what the filters before it
 * wrote under `hostname`.
 *
 * @param options.inside the start of a command that runs it
 */
export async function openDmarcMilter(
  bench: Lifetime,
  { hostname, inside }: { readonly hostname: string; readonly inside: readonly string[] },
): Promise<Milter> {
  const folder = await shortFolder(bench)
  const socket = join(folder, 'socket')
  const config = join(folder, 'conf')
  const ignored = join(folder, 'ignored')
  // Otherwise it does not look at clients on loopback.
  await writeFile(ignored, '192.0.2.255\n')
  await writeFile(
    config,
    [
      `AuthservID ${hostname}`,
      `TrustedAuthservIDs ${hostname}`,
      `Socket local:${socket}`,
      // Mail servers come as another user.
      'UMask 000',
      'Syslog false',
      'RejectFailures true',
      'SPFIgnoreResults false',
      'SPFSelfValidate false',
      `IgnoreHosts ${ignored}`,
      ...(existsSync(suffixes) ? [`PublicSuffixList ${suffixes}`] : []),
      '',
    ].join('\n'),
  )
  const opendmarc = [program('opendmarc'), '-f', '-c', config] as const
  const [first, ...rest] = [...inside, ...opendmarc]
  const running = new Running(bench, first, rest, { hard: true })
  await running.until(/./, () => (existsSync(socket) ? 'there' : ''))
  return { place: `unix:${socket}`, pid: running.pid }
}
