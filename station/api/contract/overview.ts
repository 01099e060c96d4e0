import { z } from 'zod'
import { endpoint, type ViewOf } from './endpoint.ts'
import { actAnswer, actBody, inTwo, instant, named, shownError } from './shared.ts'

const SYSTEM_STATES = ['up', 'slow', 'down', 'paused'] as const

export const systemRowSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    adapter: z.string(),
    roles: z.array(z.string()).describe('calls-us 对方调用我方；we-call 我方调用对方'),
    state: z
      .enum(SYSTEM_STATES)
      .describe('up 通；slow 慢：能送达，但试过不成或积压已久；down 断；paused 暂停：人停的，或缺密钥'),
    since: instant.describe('何时起是这个状态 since when it is so'),
    why: inTwo.optional().describe('为何断、慢、停 why it is not up'),
    queue: z.int().describe('待投递 deliveries that wait or are under way'),
    pickup: z.int().describe('待对方来取 items that it has not fetched'),
    dead: z.int().describe('死信 dead letters'),
    oldestAt: instant.optional().describe('最早一件何时起等 since when the oldest waits'),
    perMinute: z.number().describe('最近五分钟平均每分钟送达 delivered a minute, over the last five'),
    delivered: z.int().describe('启动以来送达 delivered since the start'),
    failed: z.int().describe('启动以来不成的次数 attempts that failed since the start'),
    lastAt: instant.optional().describe('上次送达或对方来取 last delivered or fetched'),
    lastError: z
      .strictObject({ at: instant, error: shownError, times: z.int().describe('连续几次 in a row') })
      .optional(),
    nextTryAt: instant.optional().describe('下次再试 next try'),
    paused: z.strictObject({ by: z.string(), at: instant, reason: z.string() }).optional(),
  })
  .meta({ id: 'SystemRow', title: '一个系统的现状 a system as it is' })
export type SystemRow = ViewOf<typeof systemRowSchema>

export const attentionSchema = z
  .strictObject({
    deadLetters: z
      .strictObject({
        count: z.int(),
        causes: z
          .array(z.strictObject({ code: z.string(), text: inTwo, place: z.string(), count: z.int(), firstAt: instant }))
          .describe('按原因与处所，多的在前 by cause and place, the most first'),
      })
      .describe('死信 dead letters'),
    inDoubt: z.int().describe('结果不明，待人核实 in doubt, for a person'),
    paper: z.int().describe('待纸质补送 to be sent on paper'),
    petitions: z.int().describe('待核定的信访件 petitions that wait for a decision'),
    held: z.int().describe('待核定是否涉密 held: to be judged'),
    configuration: z
      .strictObject({
        revision: z.string().describe('生效的 in force'),
        since: instant,
        rejected: z
          .strictObject({
            at: instant,
            problems: z.array(z.string()).describe('文件:行 键：规则，中文与英文 file:line key: rule'),
          })
          .optional()
          .describe('改了而未生效 changed, and not taken'),
      })
      .describe('配置 configuration'),
    release: z
      .strictObject({ revision: z.string(), by: z.string(), at: instant })
      .optional()
      .describe('流程的发布 the flows’ release'),
    disk: z
      .strictObject({ freeBytes: z.number(), totalBytes: z.number(), low: z.boolean() })
      .describe('数据所在的盘 the data’s disk'),
    certificates: z
      .array(z.strictObject({ name: z.string(), endsAt: instant }))
      .describe('将到期的证书与吊销列表 certificates and lists about to end'),
    clock: z
      .strictObject({ gapMs: z.number(), since: z.enum(['running', 'restart']) })
      .optional()
      .describe('时钟跳过，过期搁置 the clock jumped: expiries are held'),
    waitingFor: z.array(z.string()).describe('尚未就绪的 what the station waits for'),
    secretsMissing: z.array(z.string()),
    bus: z.enum(['connected', 'blocked', 'lost']),
  })
  .meta({ id: 'Attention', title: '需要人的事 what needs a person' })
export type Attention = ViewOf<typeof attentionSchema>

export const cityMapSchema = z
  .strictObject({
    flows: z.array(named).describe('流程（一页一个） flows, one a tab'),
    lines: z.array(
      z.strictObject({
        from: z.string().describe('system:标识 或 flow:标识'),
        to: z.string(),
        perMinute: z.number().describe('最近五分钟平均 over the last five minutes'),
        waiting: z.int(),
        oldestAt: instant.optional(),
      }),
    ),
  })
  .meta({ id: 'CityMap', title: '城市图：系统—流程—系统 the city: systems, flows, systems' })
export type CityMap = ViewOf<typeof cityMapSchema>

export const overviewSchema = z
  .strictObject({
    at: instant,
    station: z.string(),
    systems: z.array(systemRowSchema),
    attention: attentionSchema,
    map: cityMapSchema,
  })
  .meta({ id: 'Overview', title: '总览 overview' })
export type Overview = ViewOf<typeof overviewSchema>

export const OVERVIEW_ENDPOINTS = {
  overview: endpoint({
    id: 'overview',
    method: 'GET',
    path: '/api/v1/overview',
    right: 'look',
    tag: 'overview',
    summary:
      '一个系统一行、需要人的事、城市图；变化由 /api/v1/live 送来 / a row a system, what needs a person, the map; changes come by /api/v1/live',
    answer: overviewSchema,
  }),
  pauseSystem: endpoint({
    id: 'pauseSystem',
    method: 'POST',
    path: '/api/v1/systems/{id}/pause',
    right: 'act',
    tag: 'overview',
    summary: '暂停投递，重启后仍停 / pause deliveries to it; lasts over a restart',
    body: z.strictObject(actBody),
    answer: actAnswer,
  }),
  resumeSystem: endpoint({
    id: 'resumeSystem',
    method: 'POST',
    path: '/api/v1/systems/{id}/resume',
    right: 'act',
    tag: 'overview',
    summary: '恢复投递 / resume deliveries to it',
    body: z.strictObject(actBody),
    answer: actAnswer,
  }),
  trySystem: endpoint({
    id: 'trySystem',
    method: 'POST',
    path: '/api/v1/systems/{id}/try',
    right: 'act',
    tag: 'overview',
    summary: '不等了，现在就试 / try now, without waiting',
    body: z.strictObject(actBody),
    answer: actAnswer,
  }),
} as const
