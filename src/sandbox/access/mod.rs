//! Who a client is, and what it may do: users, how they log in, ACLs. Pure: no sockets, no time.

mod acls;
pub(super) mod needs;
mod scram;
mod session;
mod users;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

pub use users::{User, UserError};

pub(super) use acls::{CLUSTER, Entry, Filter, Named, Resource};
pub(super) use needs::Need;
pub(super) use session::{Session, Tokens, mechanisms};
pub(super) use users::Users;
pub(super) use words::{Kind, Operation, Pattern, Permission};

use super::topics::Refusal;
use acls::{Acls, Asking};

/// Who asks for something.
#[derive(Debug, Clone)]
pub(super) struct Who {
    /// Kafka's name of the user, as in `User:alice`.
    principal: String,
    /// The address.
    host: String,
    /// Whether it may do everything.
    is_super: bool,
}

/// Decides what clients may do.
#[derive(Debug, Default)]
pub(super) struct Access {
    users: Arc<Users>,
    acls: Acls,
}

impl Access {
    /// Starts without ACLs: then only the first user may do anything. Without users everybody may
    /// do everything.
    pub(super) fn new(users: Users) -> Self {
        Self { users: Arc::new(users), acls: Acls::default() }
    }

    /// Returns the users, who are always the same.
    pub(super) fn users(&self) -> &Arc<Users> {
        &self.users
    }

    /// Tells whether there are rights at all.
    pub(super) fn is_enforced(&self) -> bool {
        !self.users.are_none()
    }

    /// Tells whether somebody may do what a call needs to what it names.
    pub(super) fn allows(&self, who: &Who, need: Need, name: &str) -> bool {
        self.may(who, need.operation, need.kind, name)
    }

    /// Refuses in Kafka's words what somebody may not do.
    pub(super) fn check(&self, who: &Who, need: Need, name: &str) -> Result<(), Refusal> {
        if self.allows(who, need, name) { Ok(()) } else { Err(need.refusal()) }
    }

    /// Tells whether somebody may do it to any thing of that kind.
    pub(super) fn allows_any(&self, who: &Who, need: Need) -> bool {
        let asking = Asking { principal: &who.principal, host: &who.host };
        who.is_super
            || !self.is_enforced()
            || self.acls.allow_any(asking, need.operation, need.kind)
    }

    /// Counts what somebody may do to a thing: one bit for each operation.
    pub(super) fn operations(&self, who: &Who, kind: Kind, name: &str) -> i32 {
        let allowed = kind.operations().iter().filter(|one| self.may(who, **one, kind, name));
        allowed.fold(0, |bits, one| bits | 1 << one.number())
    }

    fn may(&self, who: &Who, operation: Operation, kind: Kind, name: &str) -> bool {
        let asking = Asking { principal: &who.principal, host: &who.host };
        who.is_super || !self.is_enforced() || self.acls.allow(asking, operation, kind, name)
    }

    /// Adds an ACL.
    pub(super) fn create(&mut self, resource: Resource, entry: Entry) -> Result<(), Refusal> {
        self.acls.create(resource, entry)
    }

    /// Finds ACLs, by what they are about.
    pub(super) fn find(&self, filter: &Filter) -> BTreeMap<Resource, Vec<Entry>> {
        self.acls.find(filter)
    }

    /// Takes ACLs away.
    pub(super) fn delete(&mut self, gone: &BTreeMap<Resource, Vec<Entry>>) {
        self.acls.delete(gone);
    }
}

impl Who {
    /// Says who a connection belongs to.
    pub(super) fn of(session: &Session, host: IpAddr) -> Self {
        let name = session.user().map_or("ANONYMOUS", |user| user);
        let principal = format!("User:{name}");
        Self { principal, host: host.to_canonical().to_string(), is_super: session.is_super() }
    }
}
