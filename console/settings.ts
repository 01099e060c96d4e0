import { ref, watchEffect } from 'vue'
import type { Language } from './language.ts'

/** How this browser shows the console; kept in it. */
export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'yizhan.console.'

function kept<T extends string>(name: string, values: readonly T[], otherwise: T): T {
  const found = localStorage.getItem(KEY + name)
  return values.find((value) => value === found) ?? otherwise
}

export const language = ref<Language>(
  kept('language', ['zh', 'en'], navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'),
)
export const theme = ref<Theme>(kept('theme', ['auto', 'light', 'dark'], 'auto'))

const darkness = matchMedia('(prefers-color-scheme: dark)')
const wantsDark = ref(darkness.matches)
darkness.addEventListener('change', ({ matches }) => (wantsDark.value = matches))

watchEffect(() => {
  localStorage.setItem(`${KEY}language`, language.value)
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
})
watchEffect(() => {
  localStorage.setItem(`${KEY}theme`, theme.value)
  const isDark = theme.value === 'dark' || (theme.value === 'auto' && wantsDark.value)
  document.documentElement.classList.toggle('dark', isDark)
})
