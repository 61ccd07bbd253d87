//! The kinds of work, and in which lane and within which bounds each runs.

/// A group of slots of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Work that takes long: as many slots as [`crate::Bounds::slots`].
    Long,
    /// Work of some milliseconds, which must not wait for a scan: one slot, or a quarter of the others.
    Short,
    /// Work that waits for the store for most of its time: [`STORE_SLOTS`], or twice as many as processors.
    Store,
    /// Long commands, which must not wait for the questions of their own account: half as many slots as long work.
    Change,
}

/// Slots of [`Lane::Store`], at least.
pub const STORE_SLOTS: usize = 8;

impl Lane {
    /// All of them, in the order of their numbers.
    pub const ALL: [Lane; 4] = [Lane::Long, Lane::Short, Lane::Store, Lane::Change];

    /// How many slots it has when there are this many for long work.
    pub(crate) fn slots(self, long: usize) -> usize {
        match self {
            Self::Long => long,
            Self::Short => (long / 4).max(1),
            Self::Store => STORE_SLOTS.max(long * 2),
            Self::Change => (long / 2).max(1),
        }
    }
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Runs a question on a book.
    Question,
    /// Compiles the patterns of a question.
    Compile,
    /// Writes a long answer.
    Render,
    /// Compresses an answer.
    Compress,
    /// Decompresses a request.
    Decompress,
    /// Reads a large request.
    Parse,
    /// Computes the hash of a password.
    Password,
    /// Decides a long command.
    Command,
    /// Loads a book.
    Load,
    /// Applies the changes of other servers to a book.
    CatchUp,
    /// Scans the audit log.
    AuditScan,
    /// Makes the sort keys of a loaded book.
    SortKeys,
}

impl Kind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Kind; 12] = [
        Kind::Question,
        Kind::Compile,
        Kind::Render,
        Kind::Compress,
        Kind::Decompress,
        Kind::Parse,
        Kind::Password,
        Kind::Command,
        Kind::Load,
        Kind::CatchUp,
        Kind::AuditScan,
        Kind::SortKeys,
    ];

    /// Its name on the metrics page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Compile => "compile",
            Self::Render => "render",
            Self::Compress => "compress",
            Self::Decompress => "decompress",
            Self::Parse => "parse",
            Self::Password => "password",
            Self::Command => "command",
            Self::Load => "load",
            Self::CatchUp => "catch_up",
            Self::AuditScan => "audit_scan",
            Self::SortKeys => "sort_keys",
        }
    }

    /// The lane it runs in.
    pub fn lane(self) -> Lane {
        match self {
            Self::Question | Self::Render | Self::Compress | Self::Password | Self::AuditScan | Self::SortKeys => {
                Lane::Long
            }
            Self::Compile | Self::Decompress | Self::Parse => Lane::Short,
            Self::Load | Self::CatchUp => Lane::Store,
            Self::Command => Lane::Change,
        }
    }

    /// Whether it may be broken off when the client has left. Commands, loads and catching up are finished: others
    /// may wait for the same.
    pub fn is_interruptible(self) -> bool {
        match self {
            Self::Question
            | Self::Compile
            | Self::Render
            | Self::Compress
            | Self::Decompress
            | Self::Parse
            | Self::Password
            | Self::AuditScan
            | Self::SortKeys => true,
            Self::Command | Self::Load | Self::CatchUp => false,
        }
    }

    /// Whether it may be broken off when the server stops: what takes long, but not the short parts of calls that are
    /// finished then.
    pub fn ends_with_server(self) -> bool {
        match self {
            Self::Question | Self::Compile | Self::Render | Self::AuditScan | Self::SortKeys => true,
            Self::Compress
            | Self::Decompress
            | Self::Parse
            | Self::Password
            | Self::Command
            | Self::Load
            | Self::CatchUp => false,
        }
    }

    /// How many jobs of this kind may have begun at once, of all owners and of one, where a lane has this many slots;
    /// `None`: as many as the lane allows.
    pub(crate) fn begun_max(self, slots: usize) -> Option<(usize, usize)> {
        match self {
            // A hash takes some 20 MB, cannot be divided into slices, and must not take every slot.
            Self::Password => Some((slots.div_ceil(2), slots.div_ceil(2))),
            // Each holds a connection of the store.
            Self::AuditScan => Some((4, 2)),
            // They help the server alone and may take their time.
            Self::SortKeys => Some((1, 1)),
            Self::Question
            | Self::Compile
            | Self::Render
            | Self::Compress
            | Self::Decompress
            | Self::Parse
            | Self::Command
            | Self::Load
            | Self::CatchUp => None,
        }
    }
}
