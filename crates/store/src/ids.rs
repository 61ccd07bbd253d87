//! Ids of the directory of accounts. Ids of the records of a book are in [`ringbook_book::id`].

ringbook_book::id_types! {
    /// An agent: a reseller that acts for its customers.
    AgentId
    /// A user of a customer or of an agent.
    UserId
    /// An access key that the operator has created.
    KeyId
    /// A device key that the operator has created.
    DeviceId
}
