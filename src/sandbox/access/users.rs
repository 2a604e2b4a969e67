//! The users of the sandbox.

use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};

use super::scram::{Hash, Keys};
use crate::model::secret::Secret;

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    name: String,
    password: Secret,
}

/// Why a text names no user. It never repeats the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user is written NAME:PASSWORD, and neither may be empty")]
pub struct UserError;

impl User {
    /// Reads `NAME:PASSWORD`; the password may contain colons.
    pub fn parse(text: &str) -> Result<Self, UserError> {
        match text.split_once(':') {
            Some((name, password)) if !name.is_empty() && !password.is_empty() => {
                Ok(Self { name: name.to_owned(), password: Secret::new(password) })
            }
            _ => Err(UserError),
        }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the password.
    pub fn password(&self) -> &Secret {
        &self.password
    }
}

/// All users; they are the same as long as the sandbox runs.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Users {
    accounts: Vec<Account>,
}

/// A user with what SCRAM remembers, which is made when it is first asked for: it takes thousands
/// of hashes.
#[derive(Debug)]
struct Account {
    name: Arc<str>,
    password: Secret,
    sha_256: OnceLock<Keys>,
    sha_512: OnceLock<Keys>,
}

impl Users {
    /// Takes users; of two with the same name the last one holds.
    pub(in crate::sandbox) fn new(users: Vec<User>) -> Self {
        let mut accounts: Vec<Account> = Vec::new();
        for User { name, password } in users {
            match accounts.iter_mut().find(|account| *account.name == *name) {
                Some(account) => account.password = password,
                None => accounts.push(Account {
                    name: name.into(),
                    password,
                    sha_256: OnceLock::new(),
                    sha_512: OnceLock::new(),
                }),
            }
        }
        Self { accounts }
    }

    /// Tells whether there are none, so that nobody has to log in.
    pub(in crate::sandbox) fn are_none(&self) -> bool {
        self.accounts.is_empty()
    }

    /// Tells whether a user may do everything: the first one.
    pub(in crate::sandbox) fn is_super(&self, name: &str) -> bool {
        self.accounts.first().is_some_and(|account| *account.name == *name)
    }

    /// Returns the user with this name and password.
    pub(super) fn log_in(&self, name: &str, password: &str) -> Option<Arc<str>> {
        let account = self.find(name)?;
        // Digests, so that how long it takes says nothing about how much of it was right.
        let is_right =
            Sha256::digest(password) == Sha256::digest(account.password.reveal().as_bytes());
        is_right.then(|| Arc::clone(&account.name))
    }

    /// Returns a user with what SCRAM remembers of the password.
    pub(super) fn keys(&self, name: &str, hash: Hash) -> Option<(Arc<str>, &Keys)> {
        let account = self.find(name)?;
        let kept = match hash {
            Hash::Sha256 => &account.sha_256,
            Hash::Sha512 => &account.sha_512,
        };
        let derive = || Keys::derive(hash, account.password.reveal(), rand::random());
        Some((Arc::clone(&account.name), kept.get_or_init(derive)))
    }

    fn find(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| *account.name == *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_a_name_and_a_password() {
        let user = User::parse("alice:se:cret").unwrap();
        assert_eq!((user.name.as_str(), user.password.reveal()), ("alice", "se:cret"));
        for text in ["", "alice", "alice:", ":secret", ":"] {
            assert_eq!(User::parse(text), Err(UserError), "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let user = User::parse("alice:hunter2").unwrap();
        let users = Users::new(vec![user.clone()]);
        users.keys("alice", Hash::Sha256).unwrap();
        assert!(!format!("{user:?} {users:?}").contains("hunter2"));
        assert!(!UserError.to_string().contains("hunter2"));
    }

    #[test]
    fn the_first_user_may_do_everything() {
        let users = ["admin:a", "alice:b", "alice:c"].map(|text| User::parse(text).unwrap());
        let users = Users::new(users.into());
        assert!(users.is_super("admin") && !users.is_super("alice"));
        assert!(users.log_in("alice", "c").is_some());
        assert!(users.log_in("alice", "b").is_none() && users.log_in("bob", "c").is_none());
        assert!(Users::default().are_none() && !Users::default().is_super(""));
    }
}
