import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { live } from '../api/stream.ts'
import { loginWanted } from '../api/ask.ts'
import { fieldsOf } from '../parts/fields.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { clock } from '../parts/plain.ts'
import type { Session } from '../types.ts'
import { Banner } from './banner.tsx'
import { Help } from './help.tsx'
import { helpShown } from './keys.ts'
import { jumpTarget } from './jump.ts'
import { Login } from './login.tsx'
import { isAccount } from './may.ts'
import { pageAt, pages } from './pages.tsx'
import { go, path } from './route.ts'
import { logOut, readSession, session, sessionProblem } from './session.ts'
import { theme, themes } from './theme.ts'

/** What is around every page: the banner, the search box, the ways to the other pages. */
export function Shell() {
  useEffect(() => {
    document.documentElement.dataset['mode'] = session.value?.mode ?? 'none'
  }, [session.value?.mode])
  useFocusOnPage()
  if (loginWanted.value) return <Login mode={session.value?.mode ?? 'live'} />
  if (session.value === undefined) {
    const problem = sessionProblem.value
    return (
      <main class="alone" id="main">
        <h1>Waybill</h1>
        {problem === undefined ? null : (
          <ProblemNotice problem={problem} again={() => void readSession()} />
        )}
      </main>
    )
  }
  const Page = pageAt(path.value)
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <Head session={session.value} />
      <Ways mode={session.value.mode} />
      <main id="main" tabIndex={-1}>
        <Stale />
        <Page key={path.value} />
      </main>
      <Help />
    </>
  )
}

/** Who goes to another page begins there, and not where the link was. */
function useFocusOnPage(): void {
  const last = useRef(path.value)
  useLayoutEffect(() => {
    if (last.current === path.value) return
    last.current = path.value
    const main = document.getElementById('main')
    if (main?.contains(document.activeElement) !== true) main?.focus({ preventScroll: true })
  }, [path.value])
}

function Head({ session: { mode, who } }: { readonly session: Session }) {
  const search = (event: SubmitEvent): void => {
    const to = jumpTarget(fieldsOf(event)('search'))
    if (event.currentTarget instanceof HTMLFormElement) event.currentTarget.reset()
    go(to)
  }
  return (
    <header class="head">
      <a class="name" href="/">
        Waybill
      </a>
      <Banner mode={mode} />
      <form role="search" onSubmit={search}>
        <input
          id="search"
          name="search"
          type="search"
          autocomplete="off"
          spellcheck={false}
          aria-label="Search, or paste an id, a Message-ID, a bounce"
          placeholder="Search, or paste an id, a Message-ID, a bounce"
        />
        <kbd aria-hidden="true">/</kbd>
      </form>
      <div class="tools">
        <ThemeChoice />
        <button type="button" class="quiet" onClick={() => (helpShown.value = true)}>
          Help
        </button>
        {mode === 'live' && who !== null ? (
          <button type="button" class="quiet" onClick={() => void logOut()}>
            Log out
          </button>
        ) : null}
      </div>
    </header>
  )
}

function ThemeChoice() {
  const next = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'system'
  return (
    <button
      type="button"
      class="quiet"
      title={`Change to ${next}`}
      onClick={() => (theme.value = next)}
    >
      <span class="heard">Theme: </span>
      {theme.value}
    </button>
  )
}

function Ways({ mode }: { readonly mode: Session['mode'] }) {
  const here = path.value.startsWith('/messages') ? '/' : path.value
  return (
    <nav class="ways" aria-label="Pages">
      <ul>
        {pages
          .filter(({ shown, ofTheHouse }) => shown(mode) && !(ofTheHouse && isAccount()))
          .map(({ path: to, name }) => (
            <li key={name}>
              <a href={to} aria-current={here === to ? 'page' : undefined}>
                {name}
              </a>
            </li>
          ))}
      </ul>
    </nav>
  )
}

/** Says since when the page does not hear what happens. */
function Stale() {
  const { state, since } = live.value
  if (state !== 'stale') return null
  return (
    <p class="notice warn" role="status">
      <strong>! Not live since {clock(new Date(since).toISOString())}.</strong> The page does not
      hear what happens, and tries again by itself. What you see is from before.
    </p>
  )
}
