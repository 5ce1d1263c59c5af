import { statSync } from 'node:fs'
import { machineAddresses } from '../io/machine-addresses.ts'
import { readPasswordFile } from '../io/password-file.ts'
import { checkTlsFiles, readAuthorities } from '../io/tls-files.ts'
import type { ConfigProblem } from './problem-text.ts'
import type { ReadableSettings } from './read-settings.ts'
import { absentAddresses } from './source-problems.ts'

/**
 * What is wrong with the files that settings name, as far as they could be read: the certificate and
 * its key, those of authorities, the passwords of routes, and a data folder that is none. And what is
 * wrong with this machine: addresses of sources that it does not have.
 *
 * @param now Unix milliseconds
 */
export function fileProblems(
  settings: Pick<ReadableSettings, 'tls' | 'hostname' | 'data' | 'routes' | 'sources'>,
  now: number,
): readonly ConfigProblem[] {
  const { hostname, data, tls } = settings
  const [certificate, key] = [tls?.certificate, tls?.key]
  const problems: ConfigProblem[] = []
  if (certificate !== undefined && key !== undefined) {
    const found = checkTlsFiles({ certificate, key, hostname, now })
    problems.push(...found.map(({ file, problem }) => ({ key: `tls.${file}`, problem })))
  }
  for (const problem of readAuthorities(tls?.authorities ?? []).problems) {
    problems.push({ key: 'tls.authorities', problem })
  }
  for (const [index, route] of settings.routes.entries()) {
    if (route?.password_file === undefined) continue
    const password = readPasswordFile(route.password_file)
    if (password.ok) continue
    problems.push({ key: `route[${index}].password_file`, problem: password.problem })
  }
  if (settings.sources.length > 0) {
    problems.push(...absentAddresses(settings.sources, machineAddresses()))
  }
  if (data !== undefined && isFile(data)) {
    problems.push({ key: 'data', problem: `"${data}" is a file, and a folder is wanted` })
  }
  return problems
}

function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory()
  } catch {
    // It is made at the first start, or its place cannot be reached, which the start tells.
    return false
  }
}
