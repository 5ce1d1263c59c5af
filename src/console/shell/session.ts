import { signal } from '@preact/signals'
import { ask, asProblem, loginWanted } from '../api/ask.ts'
import type { Problem, Session } from '../types.ts'

/** With what server the page speaks, and in whose name; absent until it has said so. */
export const session = signal<Session | undefined>(undefined)
export const sessionProblem = signal<Problem | undefined>(undefined)

/** Asks who is here. */
export async function readSession(): Promise<void> {
  try {
    session.value = await ask<Session>('/v1/session')
    sessionProblem.value = undefined
    loginWanted.value = session.value.who === null
  } catch (error) {
    sessionProblem.value = asProblem(error)
  }
}

/** With what somebody logs in. */
export type Credentials = ({ token: string } | { account: string; password: string }) & {
  code?: string
}

/** Logs in; the server keeps the session in a cookie that no script can read. */
export async function logIn(credentials: Credentials): Promise<Problem | undefined> {
  try {
    await ask('/v1/session', { method: 'POST', body: credentials })
  } catch (error) {
    loginWanted.value = true
    return asProblem(error)
  }
  await readSession()
  return undefined
}

export async function logOut(): Promise<void> {
  await ask('/v1/session', { method: 'DELETE' }).catch(() => undefined)
  session.value = session.value === undefined ? undefined : { ...session.value, who: null }
  loginWanted.value = true
}

/** Whether there is a lab, with its situations and its clock. */
export function inLab(): boolean {
  return session.value?.mode === 'lab'
}
