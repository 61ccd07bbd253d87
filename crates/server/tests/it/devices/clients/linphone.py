"""Searches an LDAP directory with liblinphone, the library of the softphone Linphone, and prints what its contact list
shows: name, tab, number, a line each.

usage: linphone.py HOST PORT PASSWORD FILTER TEXT
"""

import ctypes
import ctypes.util
import locale
import sys
import time

locale.setlocale(locale.LC_ALL, "C.UTF-8")
host, port, password, ldap_filter, text = sys.argv[1:]
linphone = ctypes.CDLL(ctypes.util.find_library("linphone"))
bctoolbox = ctypes.CDLL(ctypes.util.find_library("bctoolbox"))
TEXT, POINTER, NUMBER = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int


def function(library, name, result, *arguments):
    found = getattr(library, name)
    found.restype, found.argtypes = result, arguments
    return found


factory = function(linphone, "linphone_factory_get", POINTER)
create_core = function(linphone, "linphone_factory_create_core_3", POINTER, POINTER, TEXT, TEXT, POINTER)
config = function(linphone, "linphone_core_get_config", POINTER, POINTER)
set_text = function(linphone, "linphone_config_set_string", None, POINTER, TEXT, TEXT, TEXT)
set_number = function(linphone, "linphone_config_set_int", None, POINTER, TEXT, TEXT, NUMBER)
start = function(linphone, "linphone_core_start", NUMBER, POINTER)
iterate = function(linphone, "linphone_core_iterate", None, POINTER)
create_params = function(linphone, "linphone_core_create_ldap_params", POINTER, POINTER)
create_ldap = function(linphone, "linphone_core_create_ldap_with_params", POINTER, POINTER, POINTER)
create_search = function(linphone, "linphone_core_create_magic_search", POINTER, POINTER)
search_for = function(
    linphone, "linphone_magic_search_get_contacts_list_async", None, POINTER, TEXT, TEXT, NUMBER, NUMBER
)
last_search = function(linphone, "linphone_magic_search_get_last_search", POINTER, POINTER)
callbacks_of = function(linphone, "linphone_factory_create_magic_search_cbs", POINTER, POINTER)
add_callbacks = function(linphone, "linphone_magic_search_add_callbacks", None, POINTER, POINTER)
Received = ctypes.CFUNCTYPE(None, POINTER)
on_received = function(linphone, "linphone_magic_search_cbs_set_search_results_received", None, POINTER, Received)
friend_of = function(linphone, "linphone_search_result_get_friend", POINTER, POINTER)
number_of = function(linphone, "linphone_search_result_get_phone_number", TEXT, POINTER)
name_of = function(linphone, "linphone_friend_get_name", TEXT, POINTER)
next_of = function(bctoolbox, "bctbx_list_next", POINTER, POINTER)
data_of = function(bctoolbox, "bctbx_list_get_data", POINTER, POINTER)


def parameter(params, name, kind, value):
    function(linphone, "linphone_ldap_params_set_" + name, None, POINTER, kind)(params, value)


core = create_core(factory(), None, None, None)
settings = config(core)
# Neither a sound card nor a port for calls is needed.
for transport in (b"sip_port", b"sip_tcp_port", b"sip_tls_port"):
    set_number(settings, b"sip", transport, 0)
start(core)
# A number becomes an address by the account that would call it.
account_params = function(linphone, "linphone_core_create_account_params", POINTER, POINTER)(core)
address = function(linphone, "linphone_factory_create_address", POINTER, POINTER, TEXT)
identity = address(factory(), b"sip:desk@pbx.example")
function(linphone, "linphone_account_params_set_identity_address", NUMBER, POINTER, POINTER)(account_params, identity)
proxy = address(factory(), b"sip:pbx.example")
function(linphone, "linphone_account_params_set_server_address", NUMBER, POINTER, POINTER)(account_params, proxy)
function(linphone, "linphone_account_params_enable_register", None, POINTER, NUMBER)(account_params, 0)
account = function(linphone, "linphone_core_create_account", POINTER, POINTER, POINTER)(core, account_params)
function(linphone, "linphone_core_add_account", NUMBER, POINTER, POINTER)(core, account)
function(linphone, "linphone_core_set_default_account", None, POINTER, POINTER)(core, account)
params = create_params(core)
for name, kind, value in (
    ("server", TEXT, f"ldap://{host}:{port}".encode()),
    ("bind_dn", TEXT, b"cn=linphone"),
    ("password", TEXT, password.encode()),
    ("auth_method", NUMBER, 1),
    ("base_object", TEXT, b"dc=phonebook"),
    ("filter", TEXT, ldap_filter.encode()),
    ("name_attribute", TEXT, b"cn"),
    ("sip_attribute", TEXT, b"telephoneNumber,mobile,homePhone"),
    ("sip_domain", TEXT, b"pbx.example"),
    ("max_results", NUMBER, 50),
    ("timeout", NUMBER, 20),
    ("delay", NUMBER, 0),
    ("min_chars", NUMBER, 0),
    ("enabled", NUMBER, 1),
):
    parameter(params, name, kind, value)
function(linphone, "linphone_ldap_params_enable_tls", None, POINTER, NUMBER)(params, 0)
create_ldap(core, params)
received = []
callback = Received(received.append)
callbacks = callbacks_of(factory())
on_received(callbacks, callback)
search = create_search(core)
add_callbacks(search, callbacks)
LDAP_SERVERS, NO_AGGREGATION = 1 << 2, 0
search_for(search, text.encode(), b"", LDAP_SERVERS, NO_AGGREGATION)
deadline = time.monotonic() + 30
while not received:
    if time.monotonic() > deadline:
        sys.exit("no result within 30 s")
    iterate(core)
    # The library is driven by its caller, every 20 ms as its manual says.
    time.sleep(0.02)
results = last_search(search)
while results:
    result = data_of(results)
    friend = friend_of(result)
    name = name_of(friend) if friend else None
    number = number_of(result)
    print((name or b"").decode(), (number or b"").decode(), sep="\t")
    results = next_of(results)
sys.stdout.flush()
