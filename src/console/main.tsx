/** The page begins here. */
import { render } from 'preact'
import { Shell } from './shell/shell.tsx'
import { startKeys } from './shell/keys.ts'
import { startRoute } from './shell/route.ts'
import { readSession } from './shell/session.ts'
import { startTheme } from './shell/theme.ts'

startTheme()
startRoute()
startKeys()
void readSession()
const place = document.getElementById('page')
if (place !== null) render(<Shell />, place)
