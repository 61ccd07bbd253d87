//! The forms of a look-up's answer.

use ringbook_directory_view::caller::{Caller, Callers};
use ringbook_directory_view::number_rule::NumberKind;
use ringbook_json::write as json;

use crate::lookup_query::LookUp;
use ringbook_directory_view::xml::Xml;

macro_rules! forms {
    ($($(#[$doc:meta])* $form:ident $name:literal $method:literal $content_type:literal;)*) => {
        /// A form of an answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Form { $($(#[$doc])* $form),* }

        impl Form {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$form),*];

            /// Its name in addresses.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$form => $name),* }
            }

            /// Its name in the request report and the metrics.
            pub const fn method(self) -> &'static str {
                match self { $(Self::$form => $method),* }
            }

            /// The type of its body.
            pub const fn content_type(self) -> &'static str {
                match self { $(Self::$form => $content_type),* }
            }
        }
    };
}

forms! {
    /// A name and nothing else.
    Text "text" "lookup.text" "text/plain; charset=utf-8";
    /// One JSON object.
    Json "json" "lookup.json" "application/json; charset=utf-8";
    /// Names and values, as a web form sends them.
    Form "form" "lookup.form" "application/x-www-form-urlencoded; charset=utf-8";
    /// One XML element.
    Xml "xml" "lookup.xml" "text/xml; charset=utf-8";
    /// The list of contacts that a template of 3CX reads.
    ThreeCx "3cx" "lookup.3cx" "application/json; charset=utf-8";
}

impl Form {
    /// The form with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|form| form.name() == name)
    }
}

/// The body of an answer.
pub fn write(form: Form, look_up: &LookUp, callers: &Callers) -> Vec<u8> {
    let answer = Answer { look_up, callers, name: callers.name().map(|name| look_up.shown(&name)) };
    match form {
        Form::Text => answer.name.unwrap_or_else(|| look_up.shown(&look_up.name)).into_bytes(),
        Form::Json => answer.json(),
        Form::Form => answer.form(),
        Form::Xml => answer.xml(),
        Form::ThreeCx => answer.three_cx(),
    }
}

/// What is answered.
struct Answer<'a> {
    look_up: &'a LookUp,
    callers: &'a Callers,
    name: Option<String>,
}

/// Members of a JSON object, one after another.
struct Members<'o> {
    out: &'o mut Vec<u8>,
    is_first: bool,
}

impl<'o> Members<'o> {
    fn begin(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_first: true }
    }

    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(b',');
        }
        json::text(self.out, name);
        self.out.push(b':');
        self.out
    }

    fn text(&mut self, name: &str, value: &str) {
        json::text(self.name(name), value);
    }

    fn number(&mut self, name: &str, value: u64) {
        json::number(self.name(name), value);
    }

    fn truth(&mut self, name: &str, value: bool) {
        json::raw(self.name(name), if value { "true" } else { "false" });
    }

    fn texts(&mut self, name: &str, values: &[String]) {
        let out = self.name(name);
        out.push(b'[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            json::text(out, value);
        }
        out.push(b']');
    }

    fn end(self) {
        self.out.push(b'}');
    }
}

impl Answer<'_> {
    fn json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut members = Members::begin(&mut out);
        members.text("number", &self.look_up.number);
        members.truth("found", self.name.is_some());
        members.text("match", self.callers.kind.name());
        json::text_or_null(members.name("name"), self.name.as_deref());
        members.truth("blacklisted", self.callers.is_blocked);
        members.number("total", self.callers.total);
        let list = members.name("contacts");
        list.push(b'[');
        for (at, caller) in self.callers.contacts.iter().enumerate() {
            if at > 0 {
                list.push(b',');
            }
            contact(list, caller);
        }
        list.push(b']');
        members.end();
        out
    }

    fn form(&self) -> Vec<u8> {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        let first = self.callers.contacts.first();
        let manager = first.and_then(|caller| caller.manager.as_ref());
        pairs.append_pair("name", self.name.as_deref().unwrap_or_default());
        pairs.append_pair("number", &self.look_up.number);
        pairs.append_pair("organization", first.map_or("", |caller| &caller.entry.organization));
        pairs.append_pair("groups", &first.map_or_else(String::new, |caller| caller.entry.groups.join(",")));
        pairs.append_pair("manager", manager.map_or("", |manager| &manager.extension));
        pairs.append_pair("manager_name", manager.map_or("", |manager| &manager.name));
        pairs.append_pair("match", self.callers.kind.name());
        pairs.append_pair("total", &self.callers.total.to_string());
        pairs.append_pair("blacklisted", if self.callers.is_blocked { "1" } else { "0" });
        pairs.finish().into_bytes()
    }

    fn xml(&self) -> Vec<u8> {
        let mut xml = Xml::document();
        let first = self.callers.contacts.first();
        let manager = first.and_then(|caller| caller.manager.as_ref());
        xml.open("lookup");
        xml.text("number", &self.look_up.number);
        xml.text("found", if self.name.is_some() { "true" } else { "false" });
        xml.text("match", self.callers.kind.name());
        xml.text("name", self.name.as_deref().unwrap_or_default());
        xml.text("organization", first.map_or("", |caller| &caller.entry.organization));
        for group in first.iter().flat_map(|caller| &caller.entry.groups) {
            xml.text("group", group);
        }
        xml.text("manager", manager.map_or("", |manager| &manager.name));
        xml.text("manager_extension", manager.map_or("", |manager| &manager.extension));
        xml.text("total", &self.callers.total.to_string());
        xml.text("blacklisted", if self.callers.is_blocked { "true" } else { "false" });
        xml.close("lookup");
        xml.into_bytes()
    }

    /// 3CX takes an answer only where one of its numbers is the one that was asked for.
    fn three_cx(&self) -> Vec<u8> {
        let mut out = b"{\"contacts\":[".to_vec();
        for (at, Caller { entry, .. }) in self.callers.contacts.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let mobile = entry.numbers.iter().find(|number| number.kind == NumberKind::Mobile);
            let mut members = Members::begin(&mut out);
            members.text("id", &entry.id.to_string());
            members.text("first_name", &entry.first_name);
            members.text("last_name", &entry.last_name);
            members.text("company", &entry.organization);
            members.text("email", entry.emails.first().map_or("", String::as_str));
            members.text("phone_business", &self.look_up.number);
            members.text("phone_mobile", mobile.map_or("", |number| &number.dialled));
            members.end();
        }
        out.extend_from_slice(b"]}");
        out
    }
}

fn contact(out: &mut Vec<u8>, caller: &Caller) {
    let entry = &caller.entry;
    let mut members = Members::begin(out);
    members.number("id", entry.id);
    members.text("name", &entry.name);
    members.text("last_name", &entry.last_name);
    members.text("first_name", &entry.first_name);
    members.text("patronymic", &entry.patronymic);
    members.text("organization", &entry.organization);
    members.texts("groups", &entry.groups);
    members.texts("phones", &entry.numbers.iter().map(|number| number.dialled.clone()).collect::<Vec<_>>());
    members.texts("emails", &entry.emails);
    let manager = members.name("manager");
    match &caller.manager {
        Some(known) => {
            let mut members = Members::begin(manager);
            members.number("id", known.id);
            members.text("name", &known.name);
            members.text("extension", &known.extension);
            members.end();
        }
        None => json::raw(manager, "null"),
    }
    members.end();
}
