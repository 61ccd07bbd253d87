"""The published client comagic-wrapper, as it comes, through everything of it that belongs to the address book.

Usage: python -I comagic-wrapper.py DEMO_JSON

The client is changed in nothing but where it calls. Its attributes reach the account, the employees and an agent's
customers; contacts, groups, organizations and the blacklist are not in its list of names, so they are asked through the
function that its attributes end in, and so in its envelope and with its reading of answers.

What is left out, because the client cannot do it:
- api("account"), calling the client itself, fails within the client on every input.
- It takes a sort and does not send it; the orders here go through the function below, which does.
- It sends date_to where the API has date_till; the function below has date_form and date_to, which it sends right.
- It drops what is None or empty, so that nothing optional can be cleared and no list emptied with it.
- It hands on result.data alone: totals, limits and result.id are read by nobody here.
- It repeats a call four times that is refused with the code -32001, and then raises an error of its own making.
"""

import datetime
import json
import sys
import time

import comagic.comagic as client_module
from comagic.exceptions import ComagicException

DEMO = json.load(open(sys.argv[1], encoding="utf-8"))
CUSTOMERS = {customer["login"]: customer for customer in DEMO["customers"]}
OWN, SECOND, FOREIGN = CUSTOMERS["demo"], CUSTOMERS["second"], CUSTOMERS["other"]

# The report of requests is written behind the calls.
REPORT_SECONDS_MAX = 10
REPORT_LOOK_EVERY_SECONDS = 0.05


class Session(client_module._Session):
    """The client's session with another base URL: the client's constructor names one that is fixed."""

    API_URL = property(lambda self: DEMO["url"], lambda self, url: None)


client_module._Session = Session


def call(client, method, **params):
    """A method that is not in the client's list of names."""
    verb, noun = method.split(".")
    return client._session._get_endpoint(verb, noun, **params)


def same(got, wanted, what):
    assert got == wanted, f"{what}: got {got!r}, wanted {wanted!r}"


def only(records, what):
    assert len(records) == 1, f"{what}: got {len(records)} records, wanted one"
    return records[0]


def refused(mnemonic, code, ask, field=None):
    """The call must raise the client's own exception, with this error in it."""
    try:
        answer = ask()
    except ComagicException as refusal:
        error = refusal.error_data
        same((error["code"], error["data"]["mnemonic"]), (code, mnemonic), f"code and mnemonic of {error}")
        same(str(refusal), f"Code: {code}, message: {error['message']}", "the refusal as text")
        if field is not None:
            same(error["data"]["field"], field, f"field of {error}")
        return error
    raise AssertionError(f"wanted {mnemonic}, got the answer {answer!r}")


def not_let_in(ask):
    """The call must end in the error that the client makes itself once it has tried often enough."""
    try:
        answer = ask()
    except ComagicException as refusal:
        same(refusal.error_data, {"code": -32001, "message": "Invalid login or password"}, "the client's own error")
        return
    raise AssertionError(f"wanted to be kept out, got the answer {answer!r}")


def by(field, operator, value):
    return {"field": field, "operator": operator, "value": value}


def by_id(number):
    return by("id", "=", number)


def account(client):
    same(client.account.get(), [{"app_id": OWN["id"], "name": "Demo", "timezone": "Europe/Moscow"}], "the account")
    same(client.account.get(fields=["name"]), [{"name": "Demo"}], "the account in one field")


def employees(client):
    """Employees, who are reached by attributes of the client."""
    phones = [{"phone_number": "999495555001", "channels_count": 3, "dial_time": 20, "status": "inactive"}]
    made = client.employees.create(last_name="Worker", first_name="Ann", email="ann@example.org", phone_numbers=phones)
    same(list(made), ["id"], "what employees.create answers")
    number = made["id"]
    found = only(client.employees.get(filter=by_id(number)), "the employee")
    phone = only(found["phone_numbers"], "the employee's phones")
    same({name: phone[name] for name in phone if name != "phone_id"}, phones[0], "the employee's phone")
    told = [found[name] for name in ("full_name", "patronymic", "email", "login", "groups", "extension", "status")]
    same(told, ["Worker Ann", None, "ann@example.org", None, [], {}, None], "the employee")
    same(client.employees.update(id=number, first_name="Beth", patronymic="M"), {}, "employees.update")
    found = client.employees.get(filter=by("full_name", "=", "Worker Beth M"), fields=["id", "email"], limit=1)
    same(found, [{"id": number, "email": "ann@example.org"}], "the employee after an update")
    error = refused(
        "parameter_component_disabled", -32008, lambda: client.employees.update(id=number, status="available"))
    same(error["data"]["params"], {"components": "telephony"}, "what is missing")
    refused("required_parameter_missed", -32602, lambda: client.employees.create(first_name="Nobody"), "last_name")
    same(client.employees.delete(id=number), {}, "employees.delete")
    refused("entity_not_found", -32602, lambda: client.employees.delete(id=number), "id")
    same(client.employees.get(filter=by_id(number)), [], "the employee, deleted")
    numbers = [one["id"] for one in client.employees.get(limit=10_000)]
    halves = client.employees.get(limit=7), client.employees.get(limit=10_000, offset=7)
    same([one["id"] for half in halves for one in half], numbers, "employees in two pages")


def contacts(client):
    """A contact with everything that one can have: made, found, changed, deleted."""
    manager = client.employees.create(last_name="Managerova", first_name="Vera")["id"]
    organization = call(client, "create.contact_organizations", name="Wrapped Works")["id"]
    group = call(client, "create.group_contacts", name="Wrapped group")["id"]
    made = call(
        client, "create.contacts", last_name="Łęcka", first_name="Izabela", emails=["iza@example.org"],
        phone_numbers=["+999 495-111-22-33"], personal_manager_id=manager, organization_id=organization, groups=[group],
    )
    wanted = {
        "id": made["id"],
        "last_name": "Łęcka",
        "first_name": "Izabela",
        "patronymic": None,
        "full_name": "Łęcka Izabela",
        "emails": ["iza@example.org"],
        "phone_numbers": ["9994951112233"],
        "personal_manager_id": manager,
        "personal_manager_full_name": "Managerova Vera",
        "organization_id": organization,
        "organization_name": "Wrapped Works",
        "groups": [{"group_id": group, "group_name": "Wrapped group"}],
    }

    def found_by(*simple):
        question = simple[0] if len(simple) == 1 else {"filters": list(simple), "condition": "and"}
        return call(client, "get.contacts", filter=question)

    for question in (
        [by_id(made["id"])],
        [by("phone_numbers", "in", ["9994951112233"])],
        [by("emails", "regexp", "^iza@"), by("organization_name", "=", "Wrapped Works")],
        [by("last_name", "ilike", "łę%"), by("personal_manager_id", "=", manager)],
        [by("groups", "jsquery", '#.group_name = "Wrapped group"')],
    ):
        same(found_by(*question), [wanted], f"contacts with {question}")
    again = call(client, "create.contacts", last_name="Same Phone", phone_numbers=["9994951112233"])["id"]
    shared = found_by(by("phone_numbers", "=", "9994951112233"))
    same([one["id"] for one in shared], [made["id"], again], "contacts that share a phone")
    same(call(client, "update.contacts", id=made["id"], phone_numbers=["9994951112244"]), {}, "update.contacts")
    wanted["phone_numbers"] = ["9994951112244"]
    same(found_by(by_id(made["id"])), [wanted], "the contact after an update")
    refused("dependency_error", -32602, lambda: client.employees.delete(id=manager))
    refused("dependency_error", -32602, lambda: call(client, "delete.contact_organizations", id=organization))
    absent = again + 1_000_000
    refused("entity_not_found", -32602, lambda: call(client, "delete.contacts", ids=[made["id"], absent]), "ids.1")
    same(found_by(by_id(made["id"])), [wanted], "the contact after a deletion that was refused")
    both = lambda: call(client, "delete.contacts", id=again, ids=[again])
    refused("invalid_parameters_combination", -32602, both)
    same(call(client, "delete.contacts", ids=[made["id"], again]), {}, "delete.contacts")
    same(found_by(by("id", "in", [made["id"], again])), [], "the contacts, deleted")
    refused("entity_not_found", -32602, lambda: call(client, "update.contacts", id=again, last_name="Gone"), "id")
    call(client, "delete.contact_organizations", id=organization)
    call(client, "delete.group_contacts", id=group)
    client.employees.delete(id=manager)


def groups_and_organizations(client):
    people = [call(client, "create.contacts", last_name=name, phone_numbers=["999495333001"])["id"] for name in "AB"]
    group = call(client, "create.group_contacts", name="Wrapped members", members=people)["id"]
    members = [{"contact_id": person, "contact_full_name": name} for person, name in zip(people, "AB")]
    wanted = {"id": group, "name": "Wrapped members", "is_system": False, "members": members}
    same(call(client, "get.group_contacts", filter=by("members", "=", people[1])), [wanted], "the group")
    call(client, "update.group_contacts", id=group, name="Wrapped anew", members=people[:1])
    wanted.update(name="Wrapped anew", members=members[:1])
    same(call(client, "get.group_contacts", filter=by("name", "like", "Wrapped%")), [wanted], "the group")
    refused("duplicate_entity", -32602, lambda: call(client, "create.group_contacts", name="Wrapped anew"))
    call(client, "delete.group_contacts", id=group)
    call(client, "delete.contacts", ids=people)

    organization = call(client, "create.contact_organizations", name="Wrapped before")["id"]
    refused("duplicate_entity", -32602, lambda: call(client, "create.contact_organizations", name="Wrapped before"))
    same(call(client, "update.contact_organizations", id=organization, name="Wrapped after"), {}, "an organization")
    found = call(client, "get.contact_organizations", filter=by("name", "=", "Wrapped after"))
    same(found, [{"id": organization, "name": "Wrapped after"}], "the organization")
    call(client, "delete.contact_organizations", id=organization)
    gone = lambda: call(client, "update.contact_organizations", id=organization, name="Wrapped")
    refused("entity_not_found", -32602, gone, "id")


def blacklist(client):
    """Numbers that are not to be answered."""
    number = "999495666001"
    made = call(client, "create.phone_number_to_blacklist", phone_number=number)
    same(made, {"id": made["id"], "phone_number": number}, "a new number on the blacklist")
    refused("duplicate_entity", -32602, lambda: call(client, "create.phone_number_to_blacklist", phone_number=number))
    found = only(call(client, "get.blacklist_phone_numbers", filter=by_id(made["id"])), "the number")
    same((found["phone_number"], found["add_comment"]), (number, None), "the number on the blacklist")
    same(call(client, "delete.phone_number_from_blacklist", id=made["id"]), {}, "delete.phone_number_from_blacklist")
    gone = lambda: call(client, "delete.phone_number_from_blacklist", id=made["id"])
    refused("entity_not_found", -32602, gone, "id")


def pages(client):
    """All contacts, page by page, as they are and in an order."""
    at_once = [one["id"] for one in call(client, "get.contacts", limit=10_000, fields=["id"])]
    assert at_once == sorted(set(at_once)) and len(at_once) > 2_000, f"{len(at_once)} contacts, out of order or too few"
    for order in ([], [{"field": "full_name", "order": "desc"}]):
        whole = [one["id"] for one in call(client, "get.contacts", limit=10_000, sort=order)]
        same(sorted(whole), at_once, "contacts at once")
        read = []
        while page := call(client, "get.contacts", limit=700, offset=len(read), sort=order):
            read += [one["id"] for one in page]
        same(read, whole, f"contacts page by page, sorted by {order}")


def agent():
    """An agent, who acts for the users of its customers and for nobody else."""
    client = client_module.Comagic(token=DEMO["agent"]["access_token"])
    found = client.customer_users.get(fields=["customer_id", "id", "login", "name"])
    wanted = [{"id": one["user_id"], "login": one["login"], "name": one["name"], "customer_id": one["id"]}
              for one in (OWN, SECOND)]
    same(found, wanted, "the users of the agent's customers")
    user = SECOND["user_id"]
    made = client.employees.create(user_id=user, last_name="From the agent")["id"]
    theirs = client_module.Comagic(token=SECOND["access_token"])
    found = only(theirs.employees.get(filter=by_id(made)), "their employee")
    same(found["full_name"], "From the agent", "their employee")
    same(client.employees.get(user_id=OWN["user_id"], filter=by_id(made)), [], "for another customer")
    same(client.employees.delete(user_id=user, id=made), {}, "employees.delete for a customer")
    same(len(call(client, "get.contacts", user_id=user, limit=2)), 2, "contacts of a customer")
    refused("required_parameter_missed", -32602, client.employees.get, "user_id")
    refused("forbidden", -32003, lambda: client.employees.get(user_id=FOREIGN["user_id"]))
    refused("forbidden", -32003, client.account.get)
    refused("forbidden", -32003, theirs.customer_users.get)


def session():
    """Logging in, as the constructor does it, and out again."""
    client = client_module.Comagic(login=SECOND["login"], password=SECOND["password"])
    same(client.comagic_app_id, SECOND["id"], "the account that a login tells of")
    same(only(client.account.get(), "the account")["app_id"], SECOND["id"], "the account of the session")
    same(call(client, "logout.user"), {}, "logout.user")
    not_let_in(client.account.get)
    not_let_in(lambda: client_module.Comagic(login=FOREIGN["login"], password="not this one"))
    not_let_in(client_module.Comagic(token="0" * 64).account.get)


def report(client):
    """The calls that were made here, refused ones included."""
    now = datetime.datetime.now(datetime.timezone.utc)
    begin, end = ((now + datetime.timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M:%S") for hour in (-1, 1))
    question = by("api_request_method", "=", "delete.employees")
    ask = lambda: call(client, "get.api_requests", date_form=begin, date_to=end, filter=question)
    deadline = time.monotonic() + REPORT_SECONDS_MAX
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(REPORT_LOOK_EVERY_SECONDS)
    assert found, f"no call of delete.employees stands in the report within {REPORT_SECONDS_MAX} s"
    assert all(begin <= one["api_request_start_date_time"] <= end for one in found), f"moments in {found}"
    refused("required_parameter_missed", -32602, lambda: call(client, "get.api_requests"), "date_from")


def main():
    client = client_module.Comagic(token=OWN["access_token"])
    same(client.comagic_app_id, None, "the account that a key tells of")
    for part in (account, pages, employees, contacts, groups_and_organizations, blacklist):
        part(client)
    agent()
    session()
    report(client)
    print(f"comagic-wrapper: all of it works against {DEMO['url']}")


main()
