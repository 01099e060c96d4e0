import { expect, it } from 'vitest'
import { shownToOthers } from '../../../core/feed/reading.ts'
import type { PetitionMessage } from '../../../core/message/schema.ts'

it('shows a petition without its query code, whom it reports on, and what the office thinks of it', () => {
  const petition: PetitionMessage = {
    schema: 'petition/1',
    kind: 'petition',
    id: 'st-1',
    trace: 'st-1',
    number: 'QUERYCODE',
    from: { name: '门户' },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: '2026-09-01T00:00:00.000Z',
    origin: { system: 'portal', account: 'portal' },
    mustNotReach: ['chengguanju'],
    files: [],
    petition: {
      purpose: '咨询',
      title: '路灯',
      text: '路灯不亮',
      place: {},
      category: '990000',
      petitioner: { name: '王某' },
      publish: false,
    },
    review: { state: 'pending', officeFirst: true, proposed: [] },
  }
  const shown = JSON.stringify(shownToOthers(petition))
  expect(shown).toContain('路灯不亮')
  for (const hidden of ['QUERYCODE', 'chengguanju', 'review', '"account"']) expect(shown).not.toContain(hidden)
})
