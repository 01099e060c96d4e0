import { z } from 'zod'
import { mayBeUnclassified, UNCLASSIFIED } from '../secrecy/class.ts'

const ms = z.number().int().positive()

/** `classified` of station.yaml: what is refused as a state secret; see docs/secrecy.md. */
export const classifiedSchema = z
  .strictObject({
    unclassified: z
      .array(
        z
          .string()
          .max(40)
          .refine(mayBeUnclassified, '涉密用词不能列为非密 / no word of a state secret may be listed as unclassified'),
      )
      .default([...UNCLASSIFIED])
      .meta({
        description:
          '哪些密级用词不是国家秘密；其余一律拒收。见 docs/secrecy.md / the words of a security class that are no state secret; every other refuses. See docs/secrecy.md',
        since: '0.2.0',
      }),
    marks: z
      .array(z.string().min(1).max(40))
      .default([])
      .describe(
        '另外的词，在标题、文件名等处出现即拒收 / further words that refuse wherever they stand in titles, file names and other lines',
      ),
    refuseCopyNumber: z.boolean().default(true).describe('有份号的拒收 / a copy number refuses'),
    doubt: z.enum(['refuse', 'hold']).default('refuse').meta({
      description: '标题或文件名中有可疑的词：拒收或留给人看 / a doubtful word in a title or a file’s name',
      since: '0.2.0',
    }),
    unreadable: z.enum(['take', 'hold', 'refuse']).default('take').meta({
      description:
        '读不了的文件（.doc、.wps、.ceb、扫描件、加密的包）：收下列出、留给人看或拒收 / a file that cannot be read (.doc, .wps, .ceb, scans, encrypted archives): taken and listed, held for a person, or refused',
      since: '0.2.0',
    }),
    readMs: ms.default(5_000).meta({
      description: '一个文件读这么久还没读完的算读不了 / a file that takes longer to read cannot be read',
      since: '0.2.0',
    }),
    readAllMs: ms.default(20_000).meta({
      description:
        '多个文件合计读这么久，其余算读不了 / of a message with many files, those that are not read by then cannot be read',
      since: '0.2.0',
    }),
  })
  .prefault({})
  .describe('涉密 / state secrets')
