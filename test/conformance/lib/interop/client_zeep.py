"""See scenario.md. zeep (Debian: python3-zeep)."""
import sys

from requests import Session
from requests.auth import HTTPBasicAuth
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.transports import Transport

url, version, password, tag = sys.argv[1:]


def open_as(name, secret):
    session = Session()
    session.auth = HTTPBasicAuth(name.encode(), secret.encode())
    session.trust_env = False
    client = Client(f"{url}?wsdl", transport=Transport(session=session), settings=Settings(strict=True))
    return client.bind("YizhanOaService", "YizhanOaSoap12" if version == "1.2" else "YizhanOaSoap11"), client


def code_of(fault, client):
    element = next(iter(fault.detail))
    return client.wsdl.types.deserialize(element)["code"]


(office, types), (science, _) = open_as("office", password), open_as("science", password)
content = bytes(n * 7 % 256 for n in range(10240))
title = f"关于“秋季防汛”<A&B>的通知 {tag}"


def document(n, to="市科技局", more=""):
    return {
        "submissionId": f"{tag}-{n}{more}",
        "documentType": "通知",
        "issuedNumberOfDocument": f"周政办〔2016〕{tag}{n}号",
        "documentTitle": title + more,
        "mainReceiverDepartment": to,
        "files": {"file": [{"name": "正文.ofd", "role": "main", "content": content}]},
    }


def say(step, right):
    print(step, "ok" if right else "wrong")


a = office.Submit(document=document(1))
say("Submit", a.messageId and not a.repeated)
again = office.Submit(document=document(1))
same = again.repeated and (again.messageId, again.acceptedAt) == (a.messageId, a.acceptedAt)
print("Submit", "repeated" if same else "wrong")
b, c = office.Submit(document=document(2)), office.Submit(document=document(3))
say("Submit", b.messageId)
say("Submit", c.messageId)
listed = {entry.messageId for entry in science.ListItems(maxItems=1000, kind=["document"])}
say("ListItems", {a.messageId, b.messageId, c.messageId} <= listed)
got = science.Fetch(id=a.messageId).document
say("Fetch", got.documentTitle == title and got.files.file[0].content == content)
say("Sign", science.Sign(id=a.messageId, by="张三").messageId)
say("Reply", science.Reply(id=a.messageId, replyText="已办结").messageId)
say("ReturnDocument", science.ReturnDocument(id=b.messageId, reason="附件不全").messageId)
print("Status", office.Status(id=f"周政办〔2016〕{tag}1号").recipient[0].state)
say("Withdraw", office.Withdraw(id=c.messageId, reason="有误").messageId)

for call in (
    lambda: office.Submit(document=document(4, "市没有局")),
    lambda: office.Submit(document=document(1, more="另")),
    lambda: science.Fetch(id=f"{tag}-nothing"),
    lambda: office.Withdraw(id=a.messageId, reason="太迟"),
):
    try:
        call()
        print("no fault")
    except Fault as fault:
        print("fault", code_of(fault, types))
# The description is read without a login; the call is not.
wrong, description = open_as("office", "wrong")
try:
    wrong.ListItems()
    print("no fault")
except Fault as fault:
    print("fault", code_of(fault, description))
