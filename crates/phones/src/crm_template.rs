//! The template that a 3CX is given to look callers up: `/lookup/3cx.xml`. It holds no secret; the administrator of the
//! switch types the device key into it.

use ringbook_directory_view::xml::Xml;

/// Where the name of a contact stands in an answer, and what the template calls it.
const VARIABLES: [(&str, &str); 7] = [
    ("Id", "contacts.id"),
    ("First", "contacts.first_name"),
    ("Last", "contacts.last_name"),
    ("Company", "contacts.company"),
    ("Email", "contacts.email"),
    ("Phone", "contacts.phone_business"),
    ("Mobile", "contacts.phone_mobile"),
];
/// What the switch makes of them.
const OUTPUTS: [(&str, &str); 8] = [
    ("FirstName", "[First]"),
    ("LastName", "[Last]"),
    ("CompanyName", "[Company]"),
    ("Email", "[Email]"),
    ("PhoneBusiness", "[Phone]"),
    ("PhoneMobile", "[Mobile]"),
    ("EntityId", "[Id]"),
    ("EntityType", "Contact"),
];

/// The page of a contact, which people open from the call.
const CONTACT_URL: (&str, &str) = ("ContactUrl", "[PagesUrl]/#contact=[Id]");

/// The template for a server at this address, with its pages for people at `pages_url`, if it has them.
pub fn template(public_url: &str, pages_url: Option<&str>) -> Vec<u8> {
    let mut xml = Xml::document();
    xml.open_with(
        "Crm",
        &[
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ("Country", "XX"),
            ("Name", "ringbook"),
            ("Version", "1"),
            ("SupportsEmojis", "true"),
            ("ListPageSize", "50"),
        ],
    );
    xml.line();
    xml.empty("Number", &[("Prefix", "AsIs"), ("MaxLength", "[MaxLength]")]);
    xml.empty("Connection", &[("MaxConcurrentRequests", "8")]);
    xml.open("Parameters");
    let parameters = [
        ("Url", "String", "Address of ringbook", public_url),
        ("ApiKey", "Password", "Device key", ""),
        ("MaxLength", "String", "Digits compared", "9"),
    ];
    let pages = pages_url.map(|url| ("PagesUrl", "String", "Address of the client area", url));
    for (name, kind, title, default) in parameters.into_iter().chain(pages) {
        let parent = [("Name", name), ("Type", kind), ("Parent", "General Configuration"), ("Editor", "String")];
        xml.empty("Parameter", &[&parent[..], &[("Title", title), ("Default", default)]].concat());
    }
    xml.close("Parameters");
    xml.empty("Authentication", &[("Type", "No")]);
    xml.open("Scenarios");
    xml.open_with("Scenario", &[("Id", ""), ("Type", "REST")]);
    let address = [("Url", "[Url]/lookup/3cx?number=[Number]"), ("MessagePasses", "0")];
    xml.open_with("Request", &[&address[..], &[("RequestType", "Get"), ("ResponseType", "Json")]].concat());
    xml.open("Headers");
    xml.text_with("Value", &[("Key", "Authorization"), ("Type", "String")], "Bearer [ApiKey]");
    xml.close("Headers");
    xml.close("Request");
    xml.open("Rules");
    xml.text_with("Rule", &[("Type", "Any")], "contacts.id");
    xml.close("Rules");
    xml.open("Variables");
    for (name, path) in VARIABLES {
        xml.empty("Variable", &[("Name", name), ("Path", path)]);
    }
    xml.close("Variables");
    xml.open_with("Outputs", &[("AllowEmpty", "false")]);
    for (kind, value) in pages_url.map(|_| CONTACT_URL).into_iter().chain(OUTPUTS) {
        xml.empty("Output", &[("Type", kind), ("Value", value)]);
    }
    xml.close("Outputs");
    xml.close("Scenario");
    xml.close("Scenarios");
    xml.close("Crm");
    xml.into_bytes()
}
