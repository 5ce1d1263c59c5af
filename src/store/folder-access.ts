import { accessSync, constants, statSync } from 'node:fs'
import { codeOf, WaybillError } from '../base/error.ts'
import type { DataFolder } from './data-folder.ts'

/**
 * Whether a data folder has a database, or something else at a path in it.
 *
 * @throws WaybillError `not-found`, and not "no data", for a folder that may not be looked into
 */
export function isThere(folder: DataFolder, path: string = folder.database): boolean {
  try {
    statSync(path)
    accessSync(path, constants.R_OK)
    return true
  } catch (problem) {
    const code = codeOf(problem)
    if (code !== 'EACCES' && code !== 'EPERM') return false
    throw mayNotRead(folder.root)
  }
}

/** What is told of a data folder that another user keeps to itself. */
function mayNotRead(root: string): WaybillError {
  return new WaybillError('not-found', `You may not read the mail data in ${root}.`, {
    hint: 'Run this as the user of the server (sudo -u USER …), or as root.',
  })
}
