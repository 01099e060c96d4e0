/**
 * Traditional characters and variants with the simplified ones, as far as names of departments, places and people, the
 * words around them and the words of the guard need them. Only where one character stands for one: phrases are left
 * alone.
 * A table of our own because the libraries (opencc-js and its like) bring dictionaries of megabytes for phrases, and
 * none has the variants.
 */
const PAIRS =
  '發发 財财 務务 環环 護护 資资 國国 規规 劃划 鄉乡 設设 農农 業业 機机 監监 質质 術术 檢检 測测 藥药 衛卫 計计 審审 統统 稅税 檔档 廣广 電电 視视 體体 遊游 糧粮 儲储 ' +
  '圖图 書书 場场 運运 輸输 鐵铁 氣气 獸兽 醫医 療疗 勞劳 動动 險险 會会 員员 編编 辦办 廳厅 處处 隊队 區区 縣县 鎮镇 銀银 聯联 總总 團团 綜综 應应 證证 價价 貿贸 經经 ' +
  '濟济 黨党 紀纪 舉举 報报 門门 關关 產产 産产 僑侨 臺台 灣湾 線线 橋桥 養养 園园 綠绿 學学 職职 師师 訓训 專专 訪访 匯汇 彙汇 滙汇 項项 溝沟 陽阳 華华 鄲郸 開开 東东 ' +
  '標标 準准 認认 執执 網网 館馆 預预 積积 單单 調调 協协 構构 銷销 墾垦 漁渔 種种 費费 營营 採采 購购 試试 驗验 災灾 級级 復复 覆复 議议 廠厂 熱热 訊讯 郵邮 獄狱 偵侦 ' +
  '戶户 録录 錄录 煙烟 賣卖 鹽盐 礦矿 歸归 義义 無无 與与 為为 爲为 於于 並并 後后 裡里 裏里 這这 個个 們们 對对 時时 實实 現现 據据 數数 條条 點点 樣样 長长 張张 陳陈 ' +
  '劉刘 楊杨 趙赵 黃黄 吳吴 馬马 孫孙 許许 鄭郑 羅罗 謝谢 韓韩 鄧邓 馮冯 蕭萧 蔣蒋 葉叶 蘇苏 呂吕 盧卢 錢钱 譚谭 賈贾 鄒邹 閻阎 龍龙 賀贺 顧顾 龔龚 萬万 嚴严 賴赖 範范 ' +
  '鬥斗 鬪斗 衆众 眾众 樓楼 飯饭 車车 轉转 擴扩 權权 責责 罰罚 稱称 贈赠 賄贿 貪贪 瀆渎 濫滥 佔占 騙骗 訴诉 願愿 讓让 請请 講讲 話话 說说 誰谁 讀读 寫写 緊紧 繳缴 續续 ' +
  '維维 繫系 係系 贊赞 廢废 壞坏 塵尘 聲声 擾扰 壓压 歷历 曆历 舊旧 劇剧 勵励 參参 雙双 變变 號号 違违 適适 選选 還还 遠远 邊边 邏逻 鄰邻 ' +
  '絕绝 絶绝 祕秘 宻密 軍军 內内 箇个 載载 備备 屬属 製制 則则 飛飞 碼码 鑰钥 閉闭 紙纸 戰战 見见 複复 啟启 啓启 閱阅 傳传 兩两 決决 組组 織织 絡络 遺遗 滿满 歲岁 誌志 題题 類类 貨货 訂订 識识'

/** By the traditional character, all of one UTF-16 unit. */
export const SIMPLIFIED: ReadonlyMap<string, string> = new Map(
  PAIRS.split(' ').map((pair) => [pair.charAt(0), pair.charAt(1)] as const),
)

const TRADITIONAL = new RegExp(`[${[...SIMPLIFIED.keys()].join('')}]`, 'gu')

/** For comparing: 財政局 as 财政局. */
export function simplified(text: string): string {
  return text.replace(TRADITIONAL, (character) => SIMPLIFIED.get(character) ?? character)
}
