import { describe, expect, it } from 'vitest'
import { jsonLine, plainLine } from '../../../core/events/lines.ts'

const at = Date.UTC(2026, 2, 1, 4, 0, 0, 7)

describe('a line on the terminal', () => {
  it('says when, how bad, what, to whom and why; ids for programs are left out', () => {
    const line = plainLine(
      {
        code: 'message.refused',
        at,
        message: 'st-1',
        kind: 'document',
        number: '周政办〔2026〕8号',
        trace: 'st-0',
        row: 'r-1',
        system: 'oa-a',
        unit: undefined,
        error: 'FIELD_INVALID',
        times: 3,
        over: true,
        detail: '联系电话 13800001234',
      },
      false,
    )
    expect(line).toBe(
      '2026-03-01 12:00:00 警告 拒收 refused at the door  message.refused  message=st-1  number=周政办〔2026〕8号  system=oa-a  error=FIELD_INVALID  联系电话 138****1234',
    )
  })

  it('is red for an error, yellow for a warning, dim for debug, and as it is for what is fine', () => {
    const colourOf = (code: Parameters<typeof plainLine>[0]['code']): string | undefined =>
      // eslint-disable-next-line no-control-regex -- that is what is looked for
      /^\u001b\[(\d+)m.*\u001b\[0m$/.exec(plainLine({ code, at }, true))?.[1]
    expect([
      colourOf('clock.held'),
      colourOf('message.refused'),
      colourOf('subscription.opened'),
      colourOf('station.started'),
    ]).toEqual(['31', '33', '2', undefined])
  })

  it('is one line and steers no terminal, whatever others wrote', () => {
    const attack = 'x\r\n2026-03-01 12:00:00 信息 ok\u001b[2J\u009b31m\u2028\u0007'
    const line = plainLine({ code: 'message.refused', at, actor: attack, detail: attack }, false)
    expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
    expect(line).toContain('actor=x 2026-03-01')
  })
})

it('a line of the file bears `alarm` where a person has to do something, and only there', () => {
  expect(JSON.parse(jsonLine('st', { code: 'clock.held', at }))).toMatchObject({ alarm: true, level: 'error' })
  expect(JSON.parse(jsonLine('st', { code: 'message.refused', at }))).not.toHaveProperty('alarm')
})
