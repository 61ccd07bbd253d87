"""The published client comagic-data-api-sdk, as it comes, through everything of it that belongs to the address book.

Usage: python -I comagic-data-api-sdk.py DEMO_JSON

The client is changed in nothing but where it calls. What it has no function for (the blacklist, the request report,
logging out) is asked through the two functions that all its own calls go through, and so in its envelope and with its
reading of answers.

What is left out, because the client cannot do it:
- delete_employee calls a method "delete.employee" that the API never had (it is "delete.employees"). That it is told
  so is checked; the employees are deleted by the right name.
- It drops what is None, so that an optional member cannot be cleared with it.
- It hands on result.data alone: totals, limits and result.id are read by nobody here.
"""

import datetime
import json
import sys
import time

import comagic
from comagic.errors import ComagicException, ComagicParamsError

DEMO = json.load(open(sys.argv[1], encoding="utf-8"))
CUSTOMERS = {customer["login"]: customer for customer in DEMO["customers"]}
OWN, SECOND, FOREIGN = CUSTOMERS["demo"], CUSTOMERS["second"], CUSTOMERS["other"]

# The report of requests is written behind the calls.
REPORT_SECONDS_MAX = 10
REPORT_LOOK_EVERY_SECONDS = 0.05


class Client(comagic.Comagic):
    """The client with another base URL: its constructor sets one that is fixed, and may log in at once."""

    API_URL = property(lambda self: DEMO["url"], lambda self, url: None)

    def call(self, verb, noun, **params):
        """A method that the client has no function for."""
        return self._send_api_request(self._create_endpoint_params(verb, noun, **params))


def same(got, wanted, what):
    assert got == wanted, f"{what}: got {got!r}, wanted {wanted!r}"


def only(records, what):
    records = list(records)
    assert len(records) == 1, f"{what}: got {len(records)} records, wanted one"
    return records[0]


def refused(mnemonic, code, call, field=None):
    """The call must raise the client's own exception, with this error in it."""
    try:
        answer = call()
    except ComagicException as refusal:
        error = refusal.error_data
        same(error["data"]["mnemonic"], mnemonic, f"mnemonic of {refusal}")
        same(error["code"], code, f"code of {refusal}")
        assert str(code) in str(refusal) and error["message"] in str(refusal), f"as text: {refusal}"
        if field is not None:
            same(error["data"]["field"], field, f"field of {refusal}")
        return error
    raise AssertionError(f"wanted {mnemonic}, got the answer {answer!r}")


def by(field, operator, value):
    return {"field": field, "operator": operator, "value": value}


def by_id(number):
    return by("id", "=", number)


def contacts(client):
    """A contact with everything that one can have: made, found, changed, deleted."""
    manager = client.create_employee(
        "Managerova", [{"phone_number": "9994950000001", "channels_count": 2}], first_name="Maria"
    )["id"]
    organization = client.create_contact_organization("SDK Works")["id"]
    groups = [client.create_contact_group(name)["id"] for name in ("SDK first", "SDK second")]
    made = client.create_contact(
        "Ёлкина",
        ["+999 (495) 111-22-33", "9994951112244"],
        first_name="Анна",
        patronymic="Петровна",
        emails=["anna@example.com", "sales@example.com"],
        personal_manager_id=manager,
        organization_id=organization,
        groups=list(reversed(groups)),
    )
    same(list(made), ["id"], "what create_contact answers")
    number = made["id"]
    wanted = {
        "id": number,
        "last_name": "Ёлкина",
        "first_name": "Анна",
        "patronymic": "Петровна",
        "full_name": "Ёлкина Анна Петровна",
        "emails": ["anna@example.com", "sales@example.com"],
        "groups": [
            {"group_id": groups[0], "group_name": "SDK first"},
            {"group_id": groups[1], "group_name": "SDK second"},
        ],
        "phone_numbers": ["9994951112233", "9994951112244"],
        "personal_manager_id": manager,
        "personal_manager_full_name": "Managerova Maria",
        "organization_name": "SDK Works",
        "organization_id": organization,
    }
    for question in (
        by_id(number),
        by("id", "in", [number]),
        by("phone_numbers", "=", "+999 495 111-22-33"),
        by("phone_numbers", "overlap", ["9994951112244", "70000000000"]),
        by("phone_numbers", "jsquery", '# = "9994951112233"'),
        by("emails", "like", "anna@%"),
        by("full_name", "regexp", "^Ёлкина\\s"),
        by("last_name", "ilike", "ёлкин_"),
        by("groups", "=", groups[1]),
        by("groups", "jsquery", f"#.group_id IN ({groups[0]}, {groups[1]})"),
        by("personal_manager_full_name", "=", "Managerova Maria"),
        by("organization_name", "like", "SDK%"),
        {"filters": [by("organization_id", "=", organization), by("first_name", "=", "Анна")], "condition": "and"},
        {"filters": [by_id(0), {"filters": [by_id(number)]}], "condition": "or"},
    ):
        found = only(client.get_contacts(filter=question), f"contacts with {question}")
        same(dict(found.items()), wanted, f"the contact found with {question}")
    same(list(client.get_contacts(filter=by("id", "=", 0))), [], "contacts that do not exist")
    some = only(client.get_contacts(filter=by_id(number), fields=["full_name", "id"]), "the contact in two fields")
    same(some.to_dict(), {"id": number, "full_name": "Ёлкина Анна Петровна"}, "the contact in two fields")

    # What is not said stays; a list that is said replaces the list.
    same(client.update_contact(number, "Сосна", ["9994951112255"], first_name="Вера"), {}, "update_contact")
    wanted.update(last_name="Сосна", first_name="Вера", full_name="Сосна Вера Петровна")
    wanted.update(phone_numbers=["9994951112255"])
    same(dict(only(client.get_contacts(filter=by_id(number)), "the contact").items()), wanted, "after an update")
    client.update_contact(number, "Сосна", ["9994951112255"], emails=[], groups=[groups[1]])
    wanted.update(emails=[], groups=wanted["groups"][1:])
    same(dict(only(client.get_contacts(filter=by_id(number)), "the contact").items()), wanted, "after lists shrank")
    same(client.call("update", "contacts", id=number, patronymic="Ивановна"), {}, "update of one member")
    wanted.update(patronymic="Ивановна", full_name="Сосна Вера Ивановна")
    same(dict(only(client.get_contacts(filter=by_id(number)), "the contact").items()), wanted, "after one member")

    # Somebody's manager and somebody's organization cannot go.
    refused("dependency_error", -32602, lambda: client.call("delete", "employees", id=manager))
    refused("dependency_error", -32602, lambda: client.delete_contact_organization(organization))
    same(client.delete_contact(number), {}, "delete_contact")
    same(list(client.get_contacts(filter=by_id(number))), [], "the contact, deleted")
    same(client.delete_contact_organization(organization), {}, "delete_contact_organization")
    same(client.call("delete", "employees", id=manager), {}, "delete.employees")
    for group in groups:
        same(client.delete_contact_group(group), {}, "delete_contact_group")


def refusals(client):
    """What is wrong about a contact is raised, with the place of the mistake, and changes nothing."""
    number = client.create_contact("Refused", ["9994952220001"])["id"]
    absent = number + 1_000_000
    for field, call in (
        ("id", lambda: client.update_contact(absent, "Nobody", ["9994952220002"])),
        ("id", lambda: client.delete_contact(absent)),
        ("organization_id", lambda: client.create_contact("A", ["9994952220002"], organization_id=absent)),
        ("personal_manager_id", lambda: client.create_contact("A", ["9994952220002"], personal_manager_id=absent)),
        ("groups.0", lambda: client.update_contact(number, "A", ["9994952220002"], groups=[absent])),
    ):
        error = refused("entity_not_found", -32602, call, field)
        same(error["data"]["value"], str(absent), f"value of {error}")
    refused("invalid_parameter_value", -32602, lambda: client.create_contact("A", []), "phone_numbers")
    refused("invalid_parameter_value", -32602, lambda: client.create_contact("A", ["no phone"]), "phone_numbers.0")
    refused("invalid_parameter_value", -32602, lambda: client.create_contact("", ["9994952220002"]), "last_name")
    refused("required_parameter_missed", -32602, lambda: client.create_contact(None, ["9994952220002"]), "last_name")
    refused("data_type_error", -32602, lambda: client.create_contact("A", "9994952220002"), "phone_numbers")
    refused("unexpected_parameters", -32602, lambda: list(client.get_contacts(fields=["surname"])), "fields")
    refused("filter_prohibited", -32602, lambda: list(client.get_contacts(filter=by("patronymic", "=", "A"))))
    refused("sort_prohibited", -32602, lambda: list(client.get_contacts(sort=[{"field": "id"}])), "sort.0.field")
    refused("invalid_parameter_value", -32602, lambda: list(client.get_contacts(limit=10_001)), "limit")
    refused("method_not_found", -32601, lambda: client.call("get", "contact"))
    same(only(client.get_contacts(filter=by_id(number)), "the contact").last_name, "Refused", "an untouched contact")
    same(list(client.get_contacts(filter=by("phone_numbers", "=", "9994952220002"))), [], "contacts that were refused")
    client.delete_contact(number)


def groups(client):
    """Groups and their members, from both ends."""
    people = [client.create_contact(f"Member {letter}", ["9994953330001"])["id"] for letter in "ABC"]
    group = client.create_contact_group("SDK members", members=people[:2])["id"]

    def members():
        found = only(client.get_contact_groups(filter=by_id(group)), "the group")
        same((found.name, found.is_system), (name, False), "the group")
        return found.members

    name = "SDK members"
    first = [{"contact_id": people[0], "contact_full_name": "Member A"}]
    second = [{"contact_id": people[1], "contact_full_name": "Member B"}]
    third = [{"contact_id": people[2], "contact_full_name": "Member C"}]
    same(members(), first + second, "members of a new group")
    asked = only(client.get_contact_groups(filter=by("members", "=", people[0])), "groups with this member")
    same(asked.id, group, "the group with this member")
    name = "SDK renamed"
    same(client.update_contact_group(group, name), {}, "update_contact_group")
    same(members(), first + second, "members after a new name")
    client.update_contact_group(group, name, members=people[1:])
    same(members(), second + third, "members after an update")
    refused("duplicate_entity", -32602, lambda: client.create_contact_group(name))
    error = refused("entity_not_found", -32602, lambda: client.create_contact_group("SDK none", members=[people[0], 0]))
    same((error["data"]["field"], error["data"]["value"]), ("members.1", "0"), "the member that does not exist")
    client.delete_contact(people[2])
    same(members(), second, "members after one was deleted")
    same(client.delete_contact_group(group), {}, "delete_contact_group")
    same(only(client.get_contacts(filter=by_id(people[1])), "a member").groups, [], "groups of a released member")
    refused("entity_not_found", -32602, lambda: client.delete_contact_group(group), "id")

    system = only(client.get_contact_groups(filter=by("is_system", "=", True)), "the group of the system")
    same(system.name, "Blacklist", "name of the system's group")
    refused("forbidden", -32602, lambda: client.delete_contact_group(system.id))
    refused("forbidden", -32602, lambda: client.update_contact_group(system.id, "SDK mine"))
    for person in people[:2]:
        client.delete_contact(person)


def organizations(client):
    """Organizations, which the contacts show under their present name."""
    organization = client.create_contact_organization("SDK before")["id"]
    refused("duplicate_entity", -32602, lambda: client.create_contact_organization("SDK before"))
    person = client.create_contact("Worker", ["9994954440001"], organization_id=organization)["id"]
    same(client.update_contact_organization(organization, "SDK after"), {}, "update_contact_organization")
    found = only(client.get_contact_organizations(filter=by("name", "=", "SDK after")), "the organization")
    same(dict(found.items()), {"id": organization, "name": "SDK after"}, "the organization")
    worker = only(client.get_contacts(filter=by("organization_name", "=", "SDK after")), "its worker")
    same((worker.id, worker.organization_name), (person, "SDK after"), "its worker")
    error = refused("dependency_error", -32602, lambda: client.delete_contact_organization(organization))
    same(error["message"], "You have interdependent entities", "what the client shows")
    client.delete_contact(person)
    client.delete_contact_organization(organization)
    refused("entity_not_found", -32602, lambda: client.delete_contact_organization(organization), "id")
    names = [one.name for one in client.get_contact_organizations(limit=20, sort=[{"field": "name", "order": "desc"}])]
    again = [one.name for one in client.get_contact_organizations(limit=10_000, sort=[{"field": "name"}])]
    same(names, list(reversed(again))[:20], "organizations in order of name, from both ends")


def employees(client):
    """Employees with their phones; a typed client gets every member that it knows of."""
    phones = [{"phone_number": "9994955550001", "channels_count": 3, "dial_time": 20}, {"phone_number": "12"}]
    number = client.create_employee("Worker", phones, first_name="Ann", patronymic="M", email="ann@example.com")["id"]
    found = only(client.get_employees(filter=by_id(number)), "the employee")
    told = {name: found[name] for name in ("last_name", "first_name", "patronymic", "full_name", "email")}
    same(list(told.values()), ["Worker", "Ann", "M", "Worker Ann M", "ann@example.com"], "the employee")
    numbers = [{name: one[name] for name in one if name != "phone_id"} for one in found.phone_numbers]
    wanted = [
        {"phone_number": "9994955550001", "channels_count": 3, "dial_time": 20, "status": "active"},
        {"phone_number": "12", "channels_count": 1, "dial_time": 60, "status": "active"},
    ]
    same(numbers, wanted, "the employee's phones")
    assert all(isinstance(one["phone_id"], int) for one in found.phone_numbers), f"phone ids: {found.phone_numbers}"
    empty = (found.status, found.coach, found.extension, found.operator, found.allowed_in_call_types)
    same(empty, (None, {}, {}, {}, []), "members that other parts of a telephony system fill")
    same(client.update_employee(number, last_name="Walker", phone_numbers=[]), {}, "update_employee")
    found = only(client.get_employees(filter=by("full_name", "=", "Walker Ann M")), "the employee")
    same((found.id, found.phone_numbers, found.email), (number, [], "ann@example.com"), "after an update")
    error = refused("parameter_component_disabled", -32008, lambda: client.update_employee(number, status="available"))
    same(error["data"]["params"], {"components": "telephony"}, "what is missing")
    try:
        client.update_employee(number, status="asleep")
        raise AssertionError("the client lets any status pass")
    except ComagicParamsError:
        pass
    refused("method_not_found", -32601, lambda: client.delete_employee(number))
    same(client.call("delete", "employees", id=number), {}, "delete.employees")
    same(list(client.get_employees(filter=by_id(number))), [], "the employee, deleted")
    refused("entity_not_found", -32602, lambda: client.update_employee(number, last_name="Gone"), "id")


def blacklist(client):
    """Numbers that are not to be answered."""
    made = client.call("create", "phone_number_to_blacklist", phone_number="+999 495 666-00-01", add_comment="spam")
    same(made, {"id": made["id"], "phone_number": "9994956660001"}, "a new number on the blacklist")
    again = lambda: client.call("create", "phone_number_to_blacklist", phone_number="9994956660001")
    refused("duplicate_entity", -32602, again)
    found = only(client.call("get", "blacklist_phone_numbers", filter=by("phone_number", "=", "9994956660001")), "it")
    moment = datetime.datetime.strptime(found.pop("add_date_time"), "%Y-%m-%d %H:%M:%S")
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    assert abs(now - moment) < datetime.timedelta(minutes=5), f"added at {moment}, and now it is {now}"
    assert found.pop("add_user_name"), "nobody added it"
    same(found, {"id": made["id"], "phone_number": "9994956660001", "add_comment": "spam"}, "a number on the blacklist")
    gone = client.call("delete", "phone_number_from_blacklist", id=made["id"])
    same(gone, {}, "delete.phone_number_from_blacklist")
    same(client.call("get", "blacklist_phone_numbers", filter=by_id(made["id"])), [], "the number, deleted")
    refused("entity_not_found", -32602, lambda: client.call("delete", "phone_number_from_blacklist", id=made["id"]))


def pages(client):
    """All contacts, read in each of the ways that clients have."""
    at_once = [one.id for one in client.get_contacts(limit=10_000, fields=["id"])]
    assert at_once == sorted(set(at_once)) and len(at_once) > 2_000, f"{len(at_once)} contacts, out of order or too few"
    same([one.id for one in client.get_contacts()], at_once[:1_000], "the page that is not asked for")
    by_offset = []
    while page := [one.id for one in client.get_contacts(limit=300, offset=len(by_offset))]:
        by_offset += page
    same(by_offset, at_once, "contacts page by page")
    by_key = [0]
    while page := [one.id for one in client.get_contacts(limit=300, filter=by("id", ">", by_key[-1]))]:
        by_key += page
    same(by_key[1:], at_once, "contacts by id")
    order = [{"field": "last_name", "order": "desc"}, {"field": "first_name", "order": "asc"}]
    whole = [one.id for one in client.get_contacts(limit=10_000, sort=order, fields=["id"])]
    same(sorted(whole), at_once, "contacts in an order, all of them")
    parts = [list(client.get_contacts(limit=500, offset=offset, sort=order)) for offset in range(0, 2_000, 500)]
    parts = [one.id for part in parts for one in part]
    same(parts, whole[:2_000], "contacts in an order, page by page")


def agent():
    """An agent, who acts for the users of its customers and for nobody else."""
    client = Client(token=DEMO["agent"]["access_token"])
    users = list(client.get_customer_users())
    wanted = [(OWN["user_id"], "demo", OWN["id"]), (SECOND["user_id"], "second", SECOND["id"])]
    same([(user.id, user.login, user.customer_id) for user in users], wanted, "the users of the agent's customers")
    found = only(client.get_customer_users(filter=by("name", "=", "Second"), fields=["id", "name"]), "a user")
    same(found.to_dict(), {"id": SECOND["user_id"], "name": "Second"}, "a user")
    theirs = Client(token=SECOND["access_token"])
    user = SECOND["user_id"]
    made = client.create_contact("From the agent", ["9994957770001"], user_id=user)["id"]
    same(only(theirs.get_contacts(filter=by_id(made)), "their contact").last_name, "From the agent", "their contact")
    same(only(client.get_contacts(filter=by_id(made), user_id=user), "their contact").id, made, "for the agent")
    same(list(client.get_contacts(filter=by_id(made), user_id=OWN["user_id"])), [], "for another customer")
    client.update_contact(made, "Changed", ["9994957770002"], user_id=user)
    same(only(theirs.get_contacts(filter=by_id(made)), "their contact").phone_numbers, ["9994957770002"], "changed")
    refused("entity_not_found", -32602, lambda: client.delete_contact(made, user_id=OWN["user_id"]), "id")
    same(client.delete_contact(made, user_id=user), {}, "delete_contact for a customer")
    refused("required_parameter_missed", -32602, lambda: list(client.get_contacts()), "user_id")
    refused("forbidden", -32003, lambda: list(client.get_contacts(user_id=FOREIGN["user_id"])))
    refused("forbidden", -32003, client.get_account)
    refused("forbidden", -32003, lambda: list(theirs.get_customer_users()))
    refused("forbidden", -32003, lambda: list(theirs.get_contacts(user_id=OWN["user_id"])))
    same(len(list(theirs.get_contacts(user_id=user, limit=3))), 3, "a customer that names itself")


def session():
    """Logging in, as the constructor does it, and out again."""
    client = Client(login=SECOND["login"], password=SECOND["password"])
    assert client.access_token not in ("", SECOND["access_token"]), "the session's token is no new one"
    same(client.get_account().app_id, SECOND["id"], "the account of the session")
    same(client.call("logout", "user"), {}, "logout.user")
    refused("access_token_invalid", -32001, client.get_account)
    refused("auth_error", -32001, lambda: Client(login=SECOND["login"], password="not this one"))
    refused("access_token_invalid", -32001, Client(token="0" * 64).get_account)


def account(client):
    found = client.get_account()
    wanted = {"app_id": OWN["id"], "name": "Demo", "timezone": "Europe/Moscow"}
    same(dict(found.items()), wanted, "the account")


def report(client):
    """The calls that were made here, refused ones included."""
    now = datetime.datetime.now(datetime.timezone.utc)
    hours = [(now + datetime.timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M:%S") for hour in (-1, 1)]
    method, error = (by("api_request_" + name, "=", value) for name, value in (
        ("method", "update.employees"), ("error_mnemonic", "entity_not_found")))
    question = {"filters": [method, error], "condition": "and"}
    ask = lambda: client.call("get", "api_requests", date_from=hours[0], date_till=hours[1], filter=question)
    deadline = time.monotonic() + REPORT_SECONDS_MAX
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(REPORT_LOOK_EVERY_SECONDS)
    call = only(found, "calls in the report")
    same(call["api_request_status"]["value_id"], "failure", f"status of {call}")
    assert OWN["access_token"] not in json.dumps(call), "the report shows a token"
    wide = lambda: client.call("get", "api_requests", date_from="2020-01-01 00:00:00", date_till=hours[1])
    refused("date_interval_limit_reached", -32602, wide)


def main():
    client = Client(token=OWN["access_token"])
    account(client)
    pages(client)
    for part in (contacts, refusals, groups, organizations, employees, blacklist):
        part(client)
    agent()
    session()
    report(client)
    print(f"comagic-data-api-sdk: all of it works against {DEMO['url']}")


main()
