import type { ConfigProblem } from '../../config/problem-text.ts'

/**
 * What a server that has opened its ports says to whoever started it. Its key only to a terminal: what
 * systemd or Docker start writes into a log, which others read and keep.
 */
export function startedText(server: {
  readonly hostname: string
  readonly domains: readonly string[]
  readonly ports: {
    readonly smtp: number
    readonly submission: number
    readonly submissions: number
    readonly http?: number
  }
  /** Whether a person reads it at a terminal. */
  readonly isSeen: boolean
  /** The operator's key: shown when it is new, and else where it stands. */
  readonly token: { readonly token: string; readonly file: string; readonly isNew: boolean }
  /** The data folder, whole. */
  readonly data: string
  /** Of the files that the settings name: a server starts with an old certificate, and says so. */
  readonly problems: readonly ConfigProblem[]
}): string {
  const { hostname, domains, ports, data, problems, token, isSeen } = server
  return [
    `${hostname} takes mail for ${domains.join(', ')}`,
    `  port ${ports.smtp} from other servers, ${ports.submission} and ${ports.submissions} from your users`,
    `  mail, records and keys in ${data}`,
    ...pageLines(ports.http, { ...token, isShown: token.isNew && isSeen }),
    ...problems.map(({ key, problem }) => `  but ${key}: ${problem}`),
    '  DNS records to publish: waybill config dns --config <file>',
  ].join('\n')
}

function pageLines(
  port: number | undefined,
  {
    token,
    file,
    isShown,
  }: { readonly token: string; readonly file: string; readonly isShown: boolean },
): readonly string[] {
  if (port === undefined) return []
  const page = `  page and API at http://localhost:${port}`
  if (!isShown) return [`${page}, its key in ${file}`]
  return [page, `  the key for it, shown this once: ${token}`, `  and kept in ${file}`]
}
