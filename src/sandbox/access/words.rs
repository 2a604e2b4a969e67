//! The words of an ACL, each with its number in the protocol.

/// Makes an enum of words with numbers.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($word:ident = $number:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(in crate::sandbox) enum $name { $($word = $number),+ }

        impl $name {
            /// Returns the word with a number.
            pub(in crate::sandbox) fn of(number: i8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$word),)+
                    _ => None,
                }
            }

            /// Returns its number.
            pub(in crate::sandbox) fn number(self) -> i8 {
                match self {
                    $(Self::$word => $number),+
                }
            }
        }
    };
}

words! {
    /// What somebody does.
    Operation {
        All = 2,
        Read = 3,
        Write = 4,
        Create = 5,
        Delete = 6,
        Alter = 7,
        Describe = 8,
        ClusterAction = 9,
        DescribeConfigs = 10,
        AlterConfigs = 11,
        IdempotentWrite = 12,
        CreateTokens = 13,
        DescribeTokens = 14,
        TwoPhaseCommit = 15,
    }
}

words! {
    /// To what kind of thing.
    Kind { Topic = 2, Group = 3, Cluster = 4, TransactionalId = 5, DelegationToken = 6, User = 7 }
}

words! {
    /// Whether a name is all of it or its beginning.
    Pattern { Literal = 3, Prefixed = 4 }
}

words! {
    /// Whether it may or must not be done.
    Permission { Deny = 2, Allow = 3 }
}

impl Operation {
    /// Tells whether who may do this may do the other one: to read something is to see it.
    pub(super) fn implies(self, other: Self) -> bool {
        match self {
            Self::All => true,
            Self::Read | Self::Write | Self::Delete | Self::Alter => {
                other == self || other == Self::Describe
            }
            Self::AlterConfigs => other == self || other == Self::DescribeConfigs,
            Self::Create
            | Self::Describe
            | Self::ClusterAction
            | Self::DescribeConfigs
            | Self::IdempotentWrite
            | Self::CreateTokens
            | Self::DescribeTokens
            | Self::TwoPhaseCommit => other == self,
        }
    }
}

impl Kind {
    /// Returns what can be done to it, as Kafka counts authorized operations.
    pub(super) fn operations(self) -> &'static [Operation] {
        use Operation::{
            Alter, AlterConfigs, ClusterAction, Create, CreateTokens, Delete, Describe,
            DescribeConfigs, DescribeTokens, IdempotentWrite, Read, TwoPhaseCommit, Write,
        };
        match self {
            Self::Topic => {
                &[Read, Write, Create, Describe, Delete, Alter, DescribeConfigs, AlterConfigs]
            }
            Self::Group => &[Read, Describe, Delete, DescribeConfigs, AlterConfigs],
            Self::Cluster => &[
                Create,
                ClusterAction,
                DescribeConfigs,
                AlterConfigs,
                IdempotentWrite,
                Alter,
                Describe,
            ],
            Self::TransactionalId => &[Describe, Write, TwoPhaseCommit],
            Self::DelegationToken => &[Describe],
            Self::User => &[CreateTokens, DescribeTokens],
        }
    }
}
