"""Prints a DBF as JSON, read by python3-dbfread with Python's own GBK codec, which refuses what is no GBK."""
import json
import sys

from dbfread import DBF

table = DBF(sys.argv[1], encoding="gbk", char_decode_errors="strict")
json.dump(
    {
        "version": table.dbversion,
        "date": table.date.isoformat(),
        "fields": [[field.name, field.type, field.length, field.decimal_count] for field in table.fields],
        "records": [list(record.values()) for record in table],
    },
    sys.stdout,
)
