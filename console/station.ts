import { reactive, ref, shallowRef } from 'vue'
import type { Attention, MeView } from './api/answers.ts'
import { get, onLoggedOut, post, remove, Refused, useMark } from './api/client.ts'
import { Live } from './api/live.ts'

/** What all pages share: who is logged in, what the station serves, the stream of changes, the time. */

export const me = shallowRef<MeView>()
/** undefined: not asked yet whether somebody is logged in */
export const isKnown = ref(false)
/** addresses of the interface that this station has: a page that asks others is not offered */
export const served = shallowRef<ReadonlySet<string>>(new Set())
export const connected = ref(true)
export const attention = shallowRef<Attention>()
/** ms since 1970; moves once a second while the page is looked at */
export const now = ref(Date.now())
export const live = new Live((there) => (connected.value = there))
live.on('attention', (said) => (attention.value = said.attention))

/** before the interface described itself */
const ALWAYS: ReadonlySet<string> = new Set(['/api/v1/session', '/api/v1/people'])

export const may = reactive({
  look: false,
  act: false,
  configure: false,
  verify: false,
  'see-people': false,
})

export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) now.value = Date.now()
  }, 1_000)
}

onLoggedOut(() => void become(undefined))

/** Whoever the browser's session is of. */
export async function recognise(): Promise<void> {
  try {
    const { me: who, csrf } = await get('/api/v1/session', {})
    await become(who, csrf)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    await become(undefined)
  }
}

/** @throws Refused TOTP_REQUIRED, UNAUTHENTICATED, ACCOUNT_WAITS … */
export async function logIn(name: string, password: string, code: string): Promise<void> {
  const given = { name, password, kind: 'browser' as const, ...(code === '' ? {} : { code }) }
  const { me: who, csrf } = await post('/api/v1/session', { body: given })
  await become(who, csrf)
}

export async function logOut(): Promise<void> {
  await remove('/api/v1/session', {})
  await become(undefined)
}

async function become(who: MeView | undefined, csrf = ''): Promise<void> {
  useMark(csrf)
  if (who !== undefined) served.value = await addresses()
  me.value = who
  isKnown.value = true
  const rights = who?.mustChange === true ? [] : (who?.rights ?? [])
  for (const right of Object.keys(may) as (keyof typeof may)[]) may[right] = rights.includes(right)
  if (may.look && served.value.has('/api/v1/live')) live.open()
  else live.close()
}

/** What the station says that it serves. */
async function addresses(): Promise<ReadonlySet<string>> {
  try {
    return new Set(Object.keys((await get('/api/v1/openapi.json', {})).paths))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return ALWAYS
  }
}
