import type { Command } from 'commander'
import { YizhanError } from '../../core/errors/error.ts'
import { trimEndOf } from '../../core/util/trim.ts'
import type { MeView } from '../api/contract/session.ts'
import { callStation } from './exchange.ts'
import { findAddress, type PlaceOptions } from './place.ts'
import { CommandRefusal, errorIn } from './refusal.ts'
import { SecretLines } from './secret-input.ts'
import { keepSession } from './session-file.ts'
import { when } from './text.ts'
import type { CliTools } from './tools.ts'

interface Opened {
  readonly token: string
  readonly until: number
  readonly me: MeView
}

/** Who gives the commands: a session of one's own, in a file of the user's. */
export function loginCommands(program: Command, { ask, print }: CliTools): void {
  const post = async <T>(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<T> => {
    const { url, certificate } = findAddress(program.opts<PlaceOptions>())
    const target = new URL(`${trimEndOf(url.href, '/')}${path}`)
    const { status, text } = await callStation(target, { method: 'POST', headers, body, patient: false, certificate })
    if (status >= 300) throw refusalIn(text, url.origin, status)
    return JSON.parse(text) as T
  }
  program
    .command('login')
    .argument('[id]', '登录名，缺省 YIZHAN_PERSON / login name, YIZHAN_PERSON unless told')
    .description(
      '以本人登录；口令逐行读自终端或标准输入 / log in as oneself; passwords are read from the terminal, or stdin line by line',
    )
    .option('--change', '同时改口令 / change the password as well')
    .action(async (id: string | undefined, { change = false }: { readonly change?: boolean }) => {
      const name = id ?? process.env['YIZHAN_PERSON'] ?? ''
      if (name === '')
        throw new YizhanError('COMMAND_INVALID', {
          field: 'yizhan login',
          rule: '缺少登录名',
          detail: 'whose login? name it, or set YIZHAN_PERSON',
        })
      const secrets = new SecretLines()
      try {
        const password = await secrets.ask('口令 password')
        const opened = await enter(name, password, secrets)
        if (change || opened.me.mustChange) {
          const next = await secrets.ask('新口令 new password')
          const again = await secrets.ask('再输一次 once more')
          if (next !== again)
            throw new YizhanError('PASSWORD_WEAK', { rule: '两次输入不同 / it was typed in two ways' })
          const headers = { authorization: `Bearer ${opened.token}` }
          await post('/api/v1/me/password', { current: password, next }, headers)
        }
        const { origin } = findAddress(program.opts<PlaceOptions>()).url
        keepSession(origin, { token: opened.token, until: opened.until, person: name })
        const { me, until } = opened
        print({ person: me.id, roles: me.roles, until }, () => [`${me.label}  至 until ${when(until)}`])
      } finally {
        secrets.close()
      }
    })
  const enter = async (name: string, password: string, secrets: SecretLines): Promise<Opened> => {
    try {
      return await post<Opened>('/api/v1/session', { name, password })
    } catch (thrown) {
      if (!(thrown instanceof CommandRefusal) || thrown.shown.code !== 'TOTP_REQUIRED') throw thrown
      return post<Opened>('/api/v1/session', { name, password, code: await secrets.ask('动态口令 one-time code') })
    }
  }
  program
    .command('logout')
    .description('退出登录 / log out')
    .action(async () => {
      const { origin } = findAddress(program.opts<PlaceOptions>()).url
      try {
        await ask('DELETE', '/api/v1/session')
      } finally {
        keepSession(origin, undefined)
      }
      print({ ended: true }, () => ['已退出 / logged out'])
    })
  program
    .command('whoami')
    .description('命令以谁的名义 / whose the commands are')
    .action(async () => {
      const me = await ask<MeView>('GET', '/api/v1/me')
      print(me, () => [`${me.label === '' ? 'admin.token' : me.label}  ${me.roles.join(' ')}`])
    })
}

function refusalIn(text: string, origin: string, status: number): Error {
  try {
    const error = errorIn(JSON.parse(text) as object)
    if (error !== undefined) return new CommandRefusal(error, status)
  } catch {
    // Not ours: said below.
  }
  return new YizhanError('STATION_FOREIGN', { field: origin, detail: `HTTP ${status}` })
}
