//! Who a client is, and what it may do: users, how they log in, ACLs. Pure: no sockets, no time.

mod scram;
mod session;
mod users;

pub use users::{User, UserError};

pub(super) use session::{Session, mechanisms};
pub(super) use users::Users;
