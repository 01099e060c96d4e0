"""See scenario.md. zeep (Debian: python3-zeep)."""
import sys

from requests import Session
from zeep import Client, Settings
from zeep.transports import Transport

url, version, password, tag = sys.argv[1:]
session = Session()
session.trust_env = False
client = Client(f"{url}?wsdl", transport=Transport(session=session), settings=Settings(strict=True))
port = client.bind("GongWenJiaoHuan", "GongWenJiaoHuanSoap12" if version == "1.2" else "GongWenJiaoHuanSoap")
water = {"zhangHao": "water", "kouLing": password}
forest = {"zhangHao": "forest", "kouLing": password}
content = bytes(n * 7 % 256 for n in range(10240))
title = f"关于“秋季防汛”<A&B>的通知 {tag}"


def send(n, to="市林业局"):
    return port.FaSongGongWen(
        **water,
        waiBuHao=f"{tag}-{n}",
        wenHao=f"周水〔2016〕{tag}{n}号",
        wenZhong="通知",
        biaoTi=title,
        zhuSong=to,
        fenShu=3,
        wenJian=[{"wenJianMing": "正文.ofd", "leiXing": "main", "neiRong": content}],
    )


def say(step, right):
    print(step, "ok" if right else "wrong")


def good(answer):
    return answer.jieGuo.daiMa == "0" and bool(answer.bianHao)


a = send(1)
say("FaSong", good(a) and a.yiShouGuo is False)
again = send(1)
say("FaSong again", again.yiShouGuo is True and again.bianHao == a.bianHao)
b, c = send(2), send(3)
say("FaSong", good(b) and good(c))
listed = port.ChaDaiShou(**forest, zuiDuo=1000)
rows = {row.shouWenHao: row for row in listed.tiaoMu}
mine = [row for row in rows.values() if row.tiMing == title and row.laiWenDanWei == "市水务局"]
say("ChaDaiShou", listed.jieGuo.daiMa == "0" and listed.gongJi == len(rows) and len(mine) == 3)
got = port.QuGongWen(**forest, gongWenHao=a.bianHao)
file = got.gongWen.wenJian[0]
say("QuGongWen", got.gongWen.biaoTi == title and got.gongWen.fenShu == 3 and file.neiRong == content)
say("QianShou", good(port.QianShouGongWen(**forest, gongWenHao=a.bianHao, qianShouRen="张三")))
say("HuiFu", good(port.HuiFuGongWen(**forest, gongWenHao=a.bianHao, yiJian="已办结")))
say("TuiHui", good(port.TuiHuiGongWen(**forest, gongWenHao=b.bianHao, yuanYin="附件不全")))
state = port.ChaZhuangTai(**water, gongWenHao=f"周水〔2016〕{tag}1号")
print("ChaZhuangTai", state.shouWenDanWei[0].zhuangTai)
say("CheHui", good(port.CheHuiGongWen(**water, gongWenHao=c.bianHao, yuanYin="有误")))
print("refused", send(4, "市没有局").jieGuo.daiMa)
print("refused", port.QuGongWen(**forest, gongWenHao=f"{tag}-nothing").jieGuo.daiMa)
print("refused", port.ChaDaiShou(zhangHao="forest", kouLing="wrong").jieGuo.daiMa)
