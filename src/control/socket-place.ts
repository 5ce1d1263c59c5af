import { Buffer } from 'node:buffer'
import { closeSync, existsSync, openSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { WaybillError } from '../base/error.ts'

/** The name of a socket as the system is told it. */
export interface SocketPlace {
  readonly path: string
  /** To be called once the socket is bound, or its connection is made. */
  close(): void
}

/** Where the control socket of a data folder lies. */
export function controlSocketPath(folder: string): string {
  return join(resolve(folder), 'control.sock')
}

/**
 * Octets of a name: 108 in Linux and 104 elsewhere (`sun_path`), and the last is a zero. Node cuts
 * off nothing: it refuses.
 */
export const maxNameOctets: number = process.platform === 'linux' ? 107 : 103

/**
 * A socket's name in as few octets as the system takes: the path as it is, or from where we stand, or
 * by an open descriptor of its folder, where Linux offers that.
 *
 * @throws WaybillError `usage` when none of them will do, and the system's own error for the folder
 */
export function socketPlace(
  path: string,
  options: { readonly from?: string; readonly byDescriptor?: boolean } = {},
): SocketPlace {
  const { from = whereWeStand(), byDescriptor = existsSync('/proc/self/fd') } = options
  const whole = resolve(path)
  const names = from === undefined ? [whole] : [whole, relative(from, whole)]
  const name = names.find(isShortEnough)
  if (name !== undefined) return { path: name, close() {} }
  if (!byDescriptor) throw tooLong(whole)
  const descriptor = openSync(dirname(whole), 'r')
  return {
    path: `/proc/self/fd/${descriptor}/${basename(whole)}`,
    close: () => closeSync(descriptor),
  }
}

function isShortEnough(name: string): boolean {
  return Buffer.byteLength(name) <= maxNameOctets
}

/** `undefined` when the folder that we stood in is gone. */
function whereWeStand(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}

function tooLong(path: string): WaybillError {
  const octets = Buffer.byteLength(path)
  return new WaybillError(
    'usage',
    `The name ${path} has ${octets} octets, and a socket can have ${maxNameOctets} at most.`,
    { hint: 'Choose a data folder with a shorter path, or start in a folder near it.' },
  )
}
