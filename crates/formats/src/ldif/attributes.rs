//! The attributes of entries that are read, and what each is read as.

use crate::columns::Part;

/// The attributes that are read, in lower case.
const ATTRIBUTES: [(&str, Part); 44] = [
    ("sn", Part::LastName),
    ("surname", Part::LastName),
    ("givenname", Part::FirstName),
    ("gn", Part::FirstName),
    ("middlename", Part::Patronymic),
    ("displayname", Part::FullName),
    ("cn", Part::FullName),
    ("commonname", Part::FullName),
    ("mozillanickname", Part::Nickname),
    ("xmozillanickname", Part::Nickname),
    ("nickname", Part::Nickname),
    ("mail", Part::Email),
    ("rfc822mailbox", Part::Email),
    ("mozillasecondemail", Part::Email),
    ("xmozillasecondemail", Part::Email),
    ("mozillaworkemail", Part::Email),
    ("email", Part::Email),
    ("emailaddress", Part::Email),
    ("proxyaddresses", Part::Email),
    ("telephonenumber", Part::Phone),
    ("telephone", Part::Phone),
    ("homephone", Part::Phone),
    ("hometelephonenumber", Part::Phone),
    ("mobile", Part::Phone),
    ("mobiletelephonenumber", Part::Phone),
    ("cellphone", Part::Phone),
    ("carphone", Part::Phone),
    ("companyphone", Part::Phone),
    ("othertelephone", Part::Phone),
    ("othermobile", Part::Phone),
    ("otherhomephone", Part::Phone),
    ("otherphone", Part::Phone),
    ("ipphone", Part::Phone),
    ("otheripphone", Part::Phone),
    ("facsimiletelephonenumber", Part::Fax),
    ("otherfacsimiletelephonenumber", Part::Fax),
    ("fax", Part::Fax),
    ("pager", Part::Fax),
    ("pagertelephonenumber", Part::Fax),
    ("pagerphone", Part::Fax),
    ("o", Part::Organization),
    ("organizationname", Part::Organization),
    ("company", Part::Organization),
    ("businesscategory", Part::Groups(crate::columns::Separator::Lines)),
];
/// Attributes that are needed beside them.
pub(super) const NEEDED: [&str; 6] = ["objectclass", "changetype", "member", "uniquemember", "memberof", "ou"];

/// What an attribute is read as.
pub(super) fn part(attribute: &str) -> Option<Part> {
    ATTRIBUTES.iter().find(|(name, _)| *name == attribute).map(|(_, part)| *part)
}

/// Whether the values of an attribute are kept while an entry is read.
pub(super) fn is_kept(attribute: &str) -> bool {
    part(attribute).is_some() || NEEDED.contains(&attribute)
}
