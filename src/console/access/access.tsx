import { useEffect } from 'preact/hooks'
import { isAccount } from '../shell/may.ts'
import { Factors } from './factors.tsx'
import { Keys } from './keys.tsx'

/** By what people and programs come in: keys, and the second factor. */
export function AccessPage() {
  useEffect(() => {
    document.title = 'Access · Waybill'
  }, [])
  return (
    <>
      <h1>Access</h1>
      {isAccount() ? null : <Keys />}
      <Factors />
    </>
  )
}
