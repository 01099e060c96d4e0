/**
 * The words of the guard as pieces of expressions, for texts in `guardForm`. All are bounded, so that no text makes
 * them slow.
 */

/**
 * What stands inside a word and is none of it: blanks, dots, dashes, strokes. No commas and stops: 时机，密切 is no 机
 * 密.
 */
const FILL = '[\\s·・•‧∙․.…_~|/\\\\+=^\'"`´“”‘’\\p{Pd}\\u2212\\u30fc\\[\\]【】()（）]{0,6}'
/** Words that go on behind it and are others: 手机密码, 飞机密集, 司机密切. */
const ANOTHER = '(?![\\s]?[码集切钥度布林植室闭封])'

/** 绝密, 机密, 秘密. */
export const LEVEL = `(?:绝${FILL}密|机${FILL}密|秘${FILL}密)${ANOTHER}`
/** With whose secret it is. */
export const OWNED = `(?:国家|军事|军队|党和国家)?${LEVEL}`
/** 机密级, 绝密件. */
export const GRADE = `${OWNED}(?:级|件|级文件|文件|资料|材料)?`
/** How long: 1年, 6个月, 长期, 2030年12月31日. */
export const PERIOD =
  '(?:(?:至|到)?\\d{1,4}\\s?(?:年|个?月|日|天)(?:\\s?\\d{1,2}\\s?月(?:\\s?\\d{1,2}\\s?日)?)?|[一二三四五六七八九十百两半]{1,4}(?:年|个?月)|长期|永久)'

export const OPENING = '[(\\[{<〔【〖〈《「『〘〚⟨⟦⦅｟“"‘\'|]'
export const CLOSING = '[)\\]}>〕】〗〉》」』〙〛⟩⟧⦆｠”"’\'|]'
/** Brackets that set a mark apart wherever they stand; round ones, quotes and titles also hold what is spoken about. */
export const HARD_BRACKET = /^[[{〔【〖〘〚⟦|]/u

/** Types of documents (文种): a title ends with one. */
export const TYPE =
  '(?:通知|通报|通告|公告|公报|报告|请示|批复|意见|决定|决议|命令|议案|函|纪要|方案|办法|规定|细则|规划|计划|总结|汇报|名单|清单|附件|简报|专报|信息|材料|文件)'

/** Words after the first word of a title that say that it speaks about secrecy. */
export const NOUN =
  '(?:文件|机房|室|柜|区|文书|文电|公文|载体|计算机|电脑|事项|资料|档案|信息|材料|电报|传真|图纸|图件|设备|存储|介质|优盘|硬盘|岗位|人员|工作|项目|工程|单位|场所|部位|会议|活动|技术|数据|情报|产品|采购|印制|复制|销毁|管理|保护|保存|保密|定密|解密|泄|范围|确定|变更|解除|标志|标识|等级|级别|级|密级|飞行|花园|武器|战|任务|行动|追踪|档|警|之|的|是|与|和|及|或|、)'

/** Nouns before it that make it a subject: 商业秘密, 保守国家秘密, 揭开…的秘密. */
export const ABOUT =
  '(?:国家|商业|商务|工作|技术|个人|企业|行业|军事|军队|核心|最高|重要|重大|一般|内部|家庭|公司|警务|审判|检察|执法|科技|经济|保守|保护|严守|守住|守护|泄露|泄漏|失密|窃取|刺探|收买|侵犯|涉及|属于|知悉|接触|掌握|揭开|揭秘|探寻|破解|分享|发现|小|大|的|之|与|和|及|、)'

export const ENGLISH = '(?:top[\\s_-]{0,3}secret|state[\\s_-]{0,3}secret|secret|confidential|classified)'

export const expression = (source: string): RegExp => new RegExp(source, 'u')
