import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { WaybillError, codeOf } from '../base/error.ts'

/**
 * Makes a folder and those above it that are missing, for its owner alone.
 *
 * Not Node's own `recursive`: that goes round for ever where a parent is there and nothing may be
 * made in it, as in `/proc`.
 *
 * @returns the folders that were made, the outermost first
 * @throws WaybillError `usage` when there can be no such folder, and the file system's own error
 *   when the disk is full or broken
 */
export function makeFolder(path: string): readonly string[] {
  const folder = resolve(path)
  const missing: string[] = []
  let above = folder
  while (!isFolder(above, folder)) {
    missing.unshift(above)
    above = dirname(above)
  }
  return missing.filter((one) => made(one, folder))
}

/** Whether it is there; a file in its place can never become one. */
function isFolder(path: string, wanted: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) return false
    if (found.isDirectory()) return true
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return false
    throw told(error, path, wanted)
  }
  throw impossible(wanted, `${path} is a file`)
}

/** `false` when somebody else made it meanwhile. */
function made(path: string, wanted: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && isFolder(path, wanted)) return false
    throw told(error, path, wanted)
  }
}

function told(error: unknown, path: string, wanted: string): unknown {
  const above = dirname(path)
  switch (codeOf(error)) {
    case 'ENOENT':
      return impossible(wanted, `${above} takes no folders`)
    case 'EACCES':
    case 'EPERM':
      return impossible(wanted, `this user may not make or enter one in ${above}`)
    case 'EROFS':
      return impossible(wanted, `${above} is read-only`)
    case 'ENOTDIR':
      return impossible(wanted, `${above} is no folder`)
    case 'ENAMETOOLONG':
      return impossible(wanted, 'its name is too long')
    case 'ELOOP':
      return impossible(wanted, `the links in ${path} run in a circle`)
    default:
      return error
  }
}

function impossible(folder: string, because: string): WaybillError {
  return new WaybillError('usage', `There can be no folder ${folder}: ${because}.`, {
    hint: 'Name another folder, or make this one and give it to the user that runs Waybill.',
  })
}

/** Makes the names in a folder durable; replaced by tests, which cannot see a flush otherwise. */
export type SyncFolder = (path: string) => void

/** Flushes a folder: a new file is lost with its name otherwise. */
export function syncFolder(path: string): void {
  // Windows can neither open nor flush a folder; NTFS journals names on its own.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
