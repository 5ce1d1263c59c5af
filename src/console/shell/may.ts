import { session } from './session.ts'

/** Whether who is here may change something; what cannot be changed is not offered. */
export function mayManage(): boolean {
  return session.value?.scopes.includes('manage') === true
}
