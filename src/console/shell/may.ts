import type { Session } from '../types.ts'
import { session } from './session.ts'

/** Whether who is here may change something; what cannot be changed is not offered. */
export function mayManage(): boolean {
  return session.value?.scopes.includes('manage') === true && !isAccount()
}

/** Whether it is an account, which sees its own mail and nothing of the house. */
export function isAccount(): boolean {
  return typeof session.value?.account === 'string'
}

/** Whether who is here may send a letter. */
export function maySend(): boolean {
  return session.value?.scopes.includes('send') === true
}

/** Whether there is a login here, by which who is here came and which they may change. */
export function mayChangeAccess(mode: Session['mode']): boolean {
  const { who, account = null, scopes = [] } = session.value ?? {}
  // A program with the key of an account is not who logs in as that.
  if (mode !== 'live' || (account !== null && who !== account)) return false
  return scopes.includes('manage')
}

/** Whether it is an account that may take back what it has sent. */
export function mayTakeBack(): boolean {
  return isAccount() && session.value?.scopes.includes('manage') === true
}
