import { useState } from 'preact/hooks'
import { useAct } from '../api/act.ts'
import { Copy, Sample } from '../parts/copy.tsx'
import { fieldsOf } from '../parts/fields.ts'
import { Once } from '../parts/once.tsx'
import { Said } from '../parts/said.tsx'

/** A secret that an app is to take. */
export interface Begun {
  readonly who: string
  readonly secret: string
  readonly address: string
}

interface Confirmed {
  readonly who: string
  readonly recovery_codes: readonly string[]
}

/** The secret for the app, then a first code of it, then the codes to fall back on. */
export function SetUp(props: {
  readonly begun: Begun
  readonly changed: () => void
  readonly close: () => void
}) {
  const { begun, changed, close } = props
  // Confirming ends the sessions that began without a code, this one too where it is of the same
  // person: nothing is asked until the codes were read, or the login would take their place.
  const acting = useAct(() => undefined)
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined)
  const read = (): void => {
    close()
    changed()
  }
  if (codes !== undefined) return <Spares who={begun.who} codes={codes} done={read} />
  const submit = (event: SubmitEvent): void => {
    const path = `/v1/second-factors/${encodeURIComponent(begun.who)}/confirm`
    const body = { code: fieldsOf(event)('code') }
    const said = (confirmed: Confirmed): string => {
      setCodes(confirmed.recovery_codes)
      return ''
    }
    void acting.act<Confirmed>(path, { method: 'POST', body }, said)
  }
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>The second factor of {begun.who}</h2>
      <p>
        1. Give this secret to the app that shows codes. It is shown this once. On a telephone{' '}
        <a href={begun.address}>the app opens by itself</a>.
      </p>
      <div class="sample">
        <pre>{grouped(begun.secret)}</pre>
        <Copy text={begun.secret} what="the secret" />
      </div>
      <p class="small muted">
        The same as an address: <code>{begun.address}</code>{' '}
        <Copy text={begun.address} what="the address for the app" />
      </p>
      <label>
        2. The six digits that the app shows now
        <input
          name="code"
          required
          inputMode="numeric"
          autocomplete="one-time-code"
          ref={(field) => field?.focus()}
        />
      </label>
      <Said acting={acting} />
      <p class="bulk">
        <button type="submit" class="first" disabled={acting.busy}>
          Confirm
        </button>
        <button type="button" class="quiet" onClick={close}>
          Not now
        </button>
      </p>
    </form>
  )
}

/** Each stands once for a code. */
function Spares(props: {
  readonly who: string
  readonly codes: readonly string[]
  readonly done: () => void
}) {
  const { who, codes, done } = props
  return (
    <Once title={`Codes to fall back on, for ${who}`} done={done}>
      <p>
        From now on a code is asked for, and sessions that began without one have ended. Each of
        these stands once for a code, when the app is lost. They are shown this once: keep them in a
        safe place.
      </p>
      <Sample text={codes.join('\n')} what="the codes to fall back on" />
    </Once>
  )
}

/** Four letters at a time, as people read and type them. */
function grouped(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ')
}
