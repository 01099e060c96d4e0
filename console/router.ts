import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import type { TextKey } from './text/zh.ts'
import { may, served } from './station.ts'

/** A page of the side navigation. */
interface Page {
  readonly path: string
  readonly title: TextKey
  readonly icon: string
  readonly right: keyof typeof may
  /** address of the interface without which it has nothing to show */
  readonly asks: string
}

const PAGES: readonly Page[] = [
  { path: '/overview', title: 'nav.overview', icon: '◎', right: 'look', asks: '/api/v1/overview' },
  { path: '/dead-letters', title: 'nav.deadLetters', icon: '☒', right: 'look', asks: '/api/v1/dead-letters' },
  { path: '/people', title: 'nav.people', icon: '☺', right: 'see-people', asks: '/api/v1/people' },
]

/** Pages that whoever is logged in may see, and that this station can fill. */
export function offered(): readonly Page[] {
  return PAGES.filter(({ right, asks }) => may[right] && served.value.has(asks))
}

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: () => offered()[0]?.path ?? '/nothing' },
  { path: '/nothing', component: () => import('./pages/NothingPage.vue') },
  { path: '/overview', component: () => import('./pages/OverviewPage.vue') },
  { path: '/documents/:id', component: () => import('./pages/DocumentPage.vue'), props: true },
  { path: '/dead-letters', component: () => import('./pages/DeadLettersPage.vue') },
  { path: '/dead-letters/:id', component: () => import('./pages/RepairPage.vue'), props: true },
  { path: '/people', component: () => import('./pages/PeoplePage.vue') },
  { path: '/:rest(.*)*', redirect: '/' },
]

export const router = createRouter({ history: createWebHashHistory('/console'), routes })
