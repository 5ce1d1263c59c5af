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

/** Logs in with a token; the server keeps the session in a cookie that no script can read. */
export async function logIn(token: string, code: string): Promise<Problem | undefined> {
  try {
    await ask('/v1/session', {
      method: 'POST',
      body: { token, ...(code === '' ? {} : { code }) },
    })
  } catch (error) {
    loginWanted.value = true
    return asProblem(error)
  }
  loginWanted.value = false
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
