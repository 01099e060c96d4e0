"""See scenario.md. zeep (Debian: python3-zeep)."""
import sys

import zeep
from requests import Session
from steps import Fault, run

url, version, password, tag = sys.argv[1:]
session = Session()
session.trust_env = False
client = zeep.Client(f"{url}?wsdl", transport=zeep.Transport(session=session), settings=zeep.Settings(strict=True))
service = client.bind("ArchiveExchange", "ArchiveExchangeSoap12" if version == "1.2" else "ArchiveExchangeSoap")


def call(operation, token, paras):
    try:
        return service[operation](TokenBase64=token, ParasXml=paras)
    except zeep.exceptions.Fault as fault:
        raise Fault(fault.detail.findtext("{*}refusal/{*}code")) from fault


run(call, password, tag)
