//! What a column holds.

/// What the cells of a column are of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// What tells the rows of a file apart; the book gives ids of its own.
    Id,
    /// Last name.
    LastName,
    /// First name.
    FirstName,
    /// Patronymic or other middle name.
    Patronymic,
    /// The whole name in one cell.
    FullName,
    /// A nickname, which stands for a missing name.
    Nickname,
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// Numbers that come after the others.
    Fax,
    /// Full name of the personal manager.
    Manager,
    /// Id of the personal manager.
    ManagerId,
    /// Name of the organization.
    Organization,
    /// Id of the organization.
    OrganizationId,
    /// Names of groups, separated in the way of the program that wrote them.
    Groups(Separator),
}

/// How several names are separated in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Separator {
    /// A line each: no name can hold a line break.
    Lines,
    /// Between three colons.
    Colons,
    /// Between semicolons.
    Semicolons,
    /// Between commas.
    Commas,
}

/// The members of the API's record: what a column can be mapped to, and the columns of our own files.
pub const MEMBERS: [(&str, Part); 12] = [
    ("id", Part::Id),
    ("last_name", Part::LastName),
    ("first_name", Part::FirstName),
    ("patronymic", Part::Patronymic),
    ("full_name", Part::FullName),
    ("emails", Part::Email),
    ("phone_numbers", Part::Phone),
    ("personal_manager_id", Part::ManagerId),
    ("personal_manager_full_name", Part::Manager),
    ("organization_id", Part::OrganizationId),
    ("organization_name", Part::Organization),
    ("groups", Part::Groups(Separator::Lines)),
];

impl Part {
    /// The member of the API's record that the cells go to.
    pub fn member(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::LastName => "last_name",
            Self::FirstName => "first_name",
            Self::Patronymic => "patronymic",
            Self::FullName => "full_name",
            Self::Nickname => "nickname",
            Self::Email => "emails",
            Self::Phone | Self::Fax => "phone_numbers",
            Self::Manager => "personal_manager_full_name",
            Self::ManagerId => "personal_manager_id",
            Self::Organization => "organization_name",
            Self::OrganizationId => "organization_id",
            Self::Groups(_) => "groups",
        }
    }
}
