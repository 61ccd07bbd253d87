"""Searches an LDAP directory with python-ldap and prints what it finds as JSON.

usage: python_ldap.py URL PASSWORD
"""

import json
import sys

import ldap
from ldap.controls import SimplePagedResultsControl
from ldap.controls.sss import SSSRequestControl, SSSResponseControl

url, password = sys.argv[1:]
BASE = "dc=phonebook"


def texts(entry):
    return {name: [value.decode() for value in values] for name, values in entry.items()}


found = {}
connection = ldap.initialize(url)
try:
    connection.simple_bind_s("cn=phone", "wrong")
except ldap.INVALID_CREDENTIALS:
    found["wrong password"] = "invalid credentials"
connection.simple_bind_s("cn=phone", password)
found["who am I"] = connection.whoami_s()
found["prefix"] = [texts(entry) for _, entry in connection.search_s(BASE, ldap.SCOPE_SUBTREE, "(sn=iv*)", ["cn"])]
found["number"] = [
    texts(entry)
    for _, entry in connection.search_s(
        BASE, ldap.SCOPE_SUBTREE, "(|(telephoneNumber=+79161234567)(mobile=+79161234567))", ["cn", "mobile"]
    )
]
found["order"] = [
    texts(entry)["sn"][0]
    for _, entry in connection.search_s(BASE, ldap.SCOPE_SUBTREE, "(&(sn>=B)(sn<=ivanova))", ["sn"])
]
try:
    connection.search_ext_s(BASE, ldap.SCOPE_SUBTREE, "(cn=*)", ["cn"], sizelimit=1)
except ldap.SIZELIMIT_EXCEEDED:
    found["limit"] = "size limit exceeded"
dn = connection.search_s(BASE, ldap.SCOPE_SUBTREE, "(sn=smith)", ["1.1"])[0][0]
found["read again"] = texts(connection.search_s(dn, ldap.SCOPE_BASE, "(objectClass=*)", ["cn"])[0][1])
found["compare"] = [connection.compare_s(dn, "sn", b"SMITH"), connection.compare_s(dn, "sn", b"jones")]
try:
    connection.delete_s(dn)
except ldap.UNWILLING_TO_PERFORM:
    found["delete"] = "unwilling to perform"
pages, sorted_names = SimplePagedResultsControl(True, size=3, cookie=""), []
order = SSSRequestControl(criticality=True, ordering_rules=["-sn"])
while True:
    message = connection.search_ext(BASE, ldap.SCOPE_SUBTREE, "(sn=*)", ["sn"], serverctrls=[pages, order])
    _, entries, _, controls = connection.result3(message, resp_ctrl_classes={
        SimplePagedResultsControl.controlType: SimplePagedResultsControl,
        SSSResponseControl.controlType: SSSResponseControl,
    })
    sorted_names.append([texts(entry)["sn"][0] for _, entry in entries])
    page = next(control for control in controls if isinstance(control, SimplePagedResultsControl))
    result = next(control for control in controls if isinstance(control, SSSResponseControl))
    assert int(result.result) == 0, result.result
    if not page.cookie:
        break
    pages.cookie = page.cookie
found["sorted pages"] = sorted_names
root = connection.search_s("", ldap.SCOPE_BASE, "(objectClass=*)", ["supportedControl", "subschemaSubentry"])[0][1]
found["schema"] = texts(root)["subschemaSubentry"]
schema = connection.read_subschemasubentry_s(found["schema"][0])
from ldap.schema import AttributeType, SubSchema

ordering = SubSchema(schema).get_obj(AttributeType, "sn").ordering
found["ordering of sn"] = ordering
connection.unbind_s()
print(json.dumps(found))
