"""See scenario.md: what both clients in Python do; `call(operation, token, paras)` is theirs, and gives the result string; `text` writes a text in XML."""
import base64
import xml.etree.ElementTree as xml
from xml.sax.saxutils import escape


class Refusal(Exception):
    pass


class Fault(Exception):
    pass


def say(step, right):
    print(step, "ok" if right else "wrong")


def run(call, password, tag, text=escape):
    content = bytes(n * 7 % 256 for n in range(10240))
    title = f"关于“秋季防汛”<A&B>的通知 {tag}"

    def ask(who, operation, paras="", secret=password):
        token = base64.b64encode(f"{who}:{secret}".encode()).decode()
        data = xml.fromstring(call(operation, token, paras)).find("DATA")
        if data.findtext("ReturnInfo/Status") != "True":
            raise Refusal(data.findtext("ReturnInfo/Description").split(" ")[0])
        return data.find("UserArea")

    def send(n, to="市科技局", more=""):
        document = (
            f'<paras><DeptGuid>D-03</DeptGuid><DeptName>市教育局</DeptName><电子公文 公文标识="{tag}-{n}{len(more)}" 公文种类="通知">'
            '<发文机关 办理类别="主办">市教育局</发文机关><公文体><眉首><发文字号><发文机关代字>周教</发文机关代字><发文年号>2016</发文年号>'
            f"<发文序号>{tag}{n}</发文序号></发文字号></眉首><主体><标题>{text(title + more)}</标题><收文部门名称>{to}</收文部门名称>"
            f'<主送机关>{to}</主送机关><正文><版式文件 文件名="正文.ofd">{base64.b64encode(content).decode()}</版式文件></正文></主体>'
            "</公文体></电子公文></paras>"
        )
        return ask("edu", "OutboxArchive_Send", document).findtext("SysGUID")

    def act(who, operation, paper, more=""):
        paras = f"<paras><originalPaperGUID>{escape(paper)}</originalPaperGUID>{more}</paras>"
        return ask(who, operation, paras).findtext("SysGUID")

    def listed(who, operation):
        papers = ask(who, operation).findall("ReturnInfo/PaperList/Paper")
        return {paper.findtext("SysGUID"): paper.findtext("Title") for paper in papers}

    def fetch(who, paper):
        paras = f"<paras><InboxGuid>{escape(paper)}</InboxGuid></paras>"
        return ask(who, "InboxArchive_Receive", paras).find("电子公文")

    a = send("1")
    say("Send", a)
    print("Send", "repeated" if send("1") == a else "wrong")
    b, c = send("2"), send("3")
    say("Send", b)
    say("Send", c)
    say("Unreceipted", {f"{one}/science" for one in (a, b, c)} <= listed("science", "InboxArchive_Unreceipted").keys())
    main = fetch("science", f"{a}/science").find("公文体/主体")
    say("Receive", main.findtext("标题") == title and base64.b64decode(main.findtext("正文/版式文件")) == content)
    say("Receipt", act("science", "InboxArchive_Receipt", f"{a}/science", "<UserName>张三</UserName>"))
    say("Reply", act("science", "InboxArchive_Reply", f"{a}/science", "<Content>已办结</Content>"))
    say("Return", act("science", "InboxArchive_Return", f"{b}/science", "<Reason>附件不全</Reason>"))
    notices = {text.split("：")[0]: one for one, text in listed("edu", "InboxArchive_Notices").items() if title in text}
    reply = fetch("edu", notices["答复"])
    right = reply.get("公文种类") == "答复" and reply.findtext("公文体/主体/附注") == "已办结"
    say("Notices", {"回执", "退文"} <= notices.keys() and right)
    say("Withdraw", act("edu", "OutboxArchive_Withdraw", c, "<Reason>有误</Reason>"))

    for wrong in (
        lambda: send("4", "市没有局"),
        lambda: send("1", more="另"),
        lambda: fetch("science", f"{tag}-nothing"),
        lambda: act("edu", "OutboxArchive_Withdraw", a),
        lambda: ask("edu", "InboxArchive_Unreceipted", secret="wrong"),
        lambda: send("5", more="长" * 200000),
    ):
        try:
            wrong()
            print("taken")
        except Refusal as refusal:
            print("refused", refusal)
        except Fault as fault:
            print("fault", fault)
