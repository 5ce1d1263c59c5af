import { useLayoutEffect, useRef } from 'preact/hooks'
import { helpShown, keyHelp, keysOn, setKeys } from './keys.ts'

/** The keys, and the switch for them. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null)
  const shown = helpShown.value
  // Before the next key is heard: `useEffect` waits for a frame, and keys went past the dialog.
  useLayoutEffect(() => {
    if (shown) dialog.current?.showModal()
    else dialog.current?.close()
  }, [shown])
  return (
    <dialog ref={dialog} aria-labelledby="help-title" onClose={() => (helpShown.value = false)}>
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {keyHelp.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>
        <label class="choice">
          <input
            type="checkbox"
            checked={keysOn.value}
            onChange={(event) => setKeys(event.currentTarget.checked)}
          />{' '}
          Single keys do something
        </label>
      </p>
      <h2>The query box</h2>
      <p>
        <code>to:anna</code> <code>from:@north.example</code> <code>status:refused</code>{' '}
        <code>spf:fail</code> <code>dmarc:pass</code> <code>since:2h</code>{' '}
        <code>subject:invoice</code>, and plain words. All of them must fit. The same text works
        behind <code>./waybill list</code> and in the API.
      </p>
      <p>
        <button type="button" onClick={() => (helpShown.value = false)}>
          Close
        </button>
      </p>
    </dialog>
  )
}
