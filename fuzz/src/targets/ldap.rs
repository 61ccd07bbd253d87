//! Messages of LDAP as bytes of a client.
//!
//! Whatever is read must be read within its bounds, and reading the same bytes twice gives the same.

use ldap_wire::{
    ATTRIBUTES_MAX, CONTROLS_MAX, MESSAGE_BYTES_MAX, Message, PagedResults, Request, Writer, frame, sort_keys,
};
use ringbook_testbed::random::{Choices, Rng};

use crate::{Outcome, grammar};

pub const DICTIONARY: &[&str] = &[
    "0\u{5}",
    "0\u{c}",
    "\u{2}\u{1}\u{1}",
    "\u{4}\u{2}cn",
    "objectClass",
    "telephoneNumber",
    "1.2.840.113556.1.4.319",
    "1.2.840.113556.1.4.473",
    "1.3.6.1.4.1.1466.20037",
    "dc=phonebook",
];

pub fn generate(rng: &mut Rng) -> Vec<u8> {
    let mut message = Writer::default();
    message.nested(0x30, |message| {
        message.number(2, rng.below(1_000) as i64);
        match rng.below(4) {
            0 => message.nested(0x60, |bind| {
                bind.number(2, rng.below(5) as i64);
                bind.text(4, &grammar::text(rng));
                bind.text(0x80, &grammar::text(rng));
            }),
            1 => message.nested(0x77, |extended| extended.text(0x80, rng.pick(DICTIONARY))),
            _ => message.nested(0x63, |search| {
                search.text(4, &grammar::text(rng));
                search.number(10, rng.below(4) as i64);
                search.number(10, 0);
                search.number(2, rng.below(100) as i64);
                search.number(2, 0);
                search.bytes(1, &[0]);
                filter(search, rng, 6);
                search.nested(0x30, |names| (0..rng.below(4)).for_each(|_| names.text(4, &grammar::text(rng))));
            }),
        }
        if rng.one_in(3) {
            message.nested(0xa0, |controls| {
                controls.nested(0x30, |control| {
                    control.text(4, rng.pick(DICTIONARY));
                    control.bytes(4, &[0x30, 5, 2, 1, rng.below(200) as u8, 4, 0]);
                });
            });
        }
    });
    message.into_bytes()
}

fn filter(out: &mut Writer, rng: &mut Rng, depth: usize) {
    match if depth == 0 { 3 + rng.below(3) } else { rng.below(6) } {
        0 => out.nested(0xa0, |all| (0..rng.below(4)).for_each(|_| filter(all, rng, depth - 1))),
        1 => out.nested(0xa1, |any| (0..rng.below(4)).for_each(|_| filter(any, rng, depth - 1))),
        2 => out.nested(0xa2, |not| filter(not, rng, depth - 1)),
        3 => out.nested(0xa3, |equal| {
            equal.text(4, &grammar::text(rng));
            equal.text(4, &grammar::text(rng));
        }),
        4 => out.nested(0xa4, |part| {
            part.text(4, &grammar::text(rng));
            part.nested(0x30, |parts| parts.text(0x80 + rng.below(3) as u8, &grammar::text(rng)));
        }),
        _ => out.text(0x87, &grammar::text(rng)),
    }
}

pub fn run(input: &[u8]) -> Outcome {
    if let Ok(Some(length)) = frame(input) {
        assert!(length <= MESSAGE_BYTES_MAX + 6, "a frame of {length} bytes");
    }
    let read = Message::read(input);
    assert_eq!(read, Message::read(input), "reading twice gives two messages");
    let Ok(message) = read else { return Outcome::Refused };
    assert!(message.controls.len() <= CONTROLS_MAX, "too many controls");
    if let Request::Search(search) = &message.request {
        assert!(search.attributes.len() <= ATTRIBUTES_MAX, "too many attributes");
    }
    let _ = (PagedResults::find(&message.controls), sort_keys(&message.controls));
    Outcome::Accepted
}
