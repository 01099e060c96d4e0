"""See scenario.md. suds (Debian: python3-suds); it speaks SOAP 1.1."""
import sys

from steps import Fault, run
from suds import WebFault
from suds.client import Client

url, version, password, tag = sys.argv[1:]
client = Client(f"{url}?wsdl", port="ArchiveExchangeSoap", cache=None, faults=True)


def call(operation, token, paras):
    try:
        return getattr(client.service, operation)(TokenBase64=token, ParasXml=paras)
    except WebFault as fault:
        raise Fault(fault.fault.detail.refusal.code) from fault


# suds takes a reference such as &lt; in a string for written already: texts with such letters stand in CDATA.
run(call, password, tag, lambda text: f"<![CDATA[{text}]]>")
