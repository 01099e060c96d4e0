"""See scenario.md. suds (Debian: python3-suds); it speaks SOAP 1.1."""
import base64
import sys

from suds import WebFault
from suds.client import Client
from suds.transport import TransportError
from suds.transport.http import HttpTransport

url, version, password, tag = sys.argv[1:]


class Basic(HttpTransport):
    """Sends the login with the first request, in UTF-8: suds' own transport writes Latin-1."""

    def __init__(self, name, secret):
        super().__init__()
        self.login = "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()

    def send(self, request):
        request.headers["Authorization"] = self.login
        try:
            return super().send(request)
        except TransportError as error:
            # suds does not read the body of a 401: what it is about stands in the header, too.
            self.told = error.fp.headers.get("Yizhan-Error", "")
            raise


def open_as(name, secret):
    return Client(f"{url}?wsdl", transport=Basic(name, secret), port="YizhanOaSoap11", cache=None, faults=True)


office, science = open_as("office", password), open_as("science", password)
content = bytes(n * 7 % 256 for n in range(10240))
title = f"关于“秋季防汛”<A&B>的通知 {tag}"


def document(n, to="市科技局", more=""):
    made = office.factory.create("{urn:yizhan:oa:1}Document")
    made.submissionId = f"{tag}-{n}{more}"
    made.documentType = "通知"
    made.issuedNumberOfDocument = f"周政办〔2016〕{tag}{n}号"
    made.documentTitle = title + more
    made.mainReceiverDepartment = to
    for unset in ("direction", "emergencyDegree"):
        setattr(made, unset, None)
    file = office.factory.create("{urn:yizhan:oa:1}File")
    file.name, file.role, file.content = "正文.ofd", "main", base64.b64encode(content).decode()
    made.files = office.factory.create("{urn:yizhan:oa:1}Files")
    made.files.file = [file]
    return made


def say(step, right):
    print(step, "ok" if right else "wrong")


a = office.service.Submit(document(1))
say("Submit", a.messageId and not a.repeated)
again = office.service.Submit(document(1))
same = again.repeated and (again.messageId, again.acceptedAt) == (a.messageId, a.acceptedAt)
print("Submit", "repeated" if same else "wrong")
b, c = office.service.Submit(document(2)), office.service.Submit(document(3))
say("Submit", b.messageId)
say("Submit", c.messageId)
listed = {entry.messageId for entry in science.service.ListItems(maxItems=1000, kind=["document"])}
say("ListItems", {a.messageId, b.messageId, c.messageId} <= listed)
got = science.service.Fetch(id=a.messageId).document
say("Fetch", got.documentTitle == title and base64.b64decode(got.files.file[0].content) == content)
say("Sign", science.service.Sign(id=a.messageId, by="张三").messageId)
say("Reply", science.service.Reply(id=a.messageId, replyText="已办结").messageId)
say("ReturnDocument", science.service.ReturnDocument(id=b.messageId, reason="附件不全").messageId)
print("Status", office.service.Status(id=f"周政办〔2016〕{tag}1号").recipient[0].state)
say("Withdraw", office.service.Withdraw(id=c.messageId, reason="有误").messageId)

for call in (
    lambda: office.service.Submit(document(4, "市没有局")),
    lambda: office.service.Submit(document(1, more="另")),
    lambda: science.service.Fetch(id=f"{tag}-nothing"),
    lambda: office.service.Withdraw(id=a.messageId, reason="太迟"),
):
    try:
        call()
        print("no fault")
    except WebFault as fault:
        print("fault", fault.fault.detail.refusal.code)
wrong = open_as("office", "wrong")
try:
    wrong.service.ListItems()
    print("no fault")
except Exception as error:
    if error.args != ((401, "Unauthorized"),):
        raise
    print("fault", wrong.options.transport.told.split(";")[0])
