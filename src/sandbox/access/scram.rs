//! The server's side of SCRAM (RFC 5802, RFC 7677), as Kafka speaks it: without channel binding.
//! The password itself is never compared, and never sent.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256, Sha512};

use super::users::Users;

/// How often a password is hashed: the least that Kafka and its clients take.
const ITERATIONS: u32 = 4096;

/// The hash of a mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

/// The exchange broke off: the password was wrong, the user is not known, or it was no SCRAM. Which
/// of them is not told, as Kafka does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

impl Hash {
    /// Hashes bytes.
    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    /// Hashes a text with a key.
    fn keyed(self, key: &[u8], text: &[u8]) -> Vec<u8> {
        fn keyed<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Vec<u8> {
            // A key of any length is taken.
            <M as Mac>::new_from_slice(key)
                .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
                .unwrap_or_default()
        }
        match self {
            Self::Sha256 => keyed::<Hmac<Sha256>>(key, text),
            Self::Sha512 => keyed::<Hmac<Sha512>>(key, text),
        }
    }

    /// Hashes a password many times.
    fn salted(self, password: &str, salt: &[u8]) -> Vec<u8> {
        let password = password.as_bytes();
        match self {
            Self::Sha256 => {
                pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, salt, ITERATIONS).to_vec()
            }
            Self::Sha512 => {
                pbkdf2::pbkdf2_hmac_array::<Sha512, 64>(password, salt, ITERATIONS).to_vec()
            }
        }
    }
}

/// What the server remembers of a password.
#[derive(Clone)]
pub(super) struct Keys {
    salt: [u8; 16],
    stored: Vec<u8>,
    server: Vec<u8>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl Keys {
    /// Makes them of a password.
    pub(super) fn derive(hash: Hash, password: &str, salt: [u8; 16]) -> Self {
        let salted = hash.salted(password, &salt);
        let stored = hash.digest(&hash.keyed(&salted, b"Client Key"));
        let server = hash.keyed(&salted, b"Server Key");
        Self { salt, stored, server }
    }
}

/// An exchange in which the client has to prove next that it knows the password.
#[derive(Debug)]
pub(super) struct Challenge {
    hash: Hash,
    user: Arc<str>,
    keys: Keys,
    /// What the client's last message repeats of its first, to prove that nobody changed it.
    binding: String,
    /// The nonce of both.
    nonce: String,
    /// What was said so far, as both sides sign it.
    said: String,
}

impl Challenge {
    /// Takes the client's first message and challenges it; `nonce` is the server's.
    pub(super) fn begin(
        hash: Hash,
        users: &Users,
        message: &[u8],
        nonce: &str,
    ) -> Result<(Self, Vec<u8>), Broken> {
        let message = std::str::from_utf8(message).map_err(|_| Broken)?;
        let First { header, bare, user, identity, nonce: clients } =
            First::read(message).ok_or(Broken)?;
        let (user, keys) = users.keys(&user, hash).ok_or(Broken)?;
        if identity.is_some_and(|identity| identity != *user) {
            return Err(Broken);
        }
        let nonce = format!("{clients}{nonce}");
        let answer = format!("r={nonce},s={},i={ITERATIONS}", BASE64.encode(keys.salt));
        let challenge = Self {
            hash,
            user,
            keys: keys.clone(),
            binding: BASE64.encode(header),
            said: format!("{bare},{answer}"),
            nonce,
        };
        Ok((challenge, answer.into_bytes()))
    }

    /// Returns its hash.
    pub(super) fn hash(&self) -> Hash {
        self.hash
    }

    /// Takes the client's last message; returns who it is, and the proof that the server knows the
    /// password as well.
    pub(super) fn finish(self, message: &[u8]) -> Result<(Arc<str>, Vec<u8>), Broken> {
        let message = std::str::from_utf8(message).map_err(|_| Broken)?;
        let (unsigned, proof) = message.rsplit_once(",p=").ok_or(Broken)?;
        let expected = format!("c={},r={}", self.binding, self.nonce);
        // What follows are extensions, of which there are none.
        let rest = unsigned.strip_prefix(&expected).ok_or(Broken)?;
        if !(rest.is_empty() || rest.starts_with(',')) {
            return Err(Broken);
        }
        let proof = BASE64.decode(proof).map_err(|_| Broken)?;
        let said = format!("{},{unsigned}", self.said);
        let signature = self.hash.keyed(&self.keys.stored, said.as_bytes());
        if proof.len() != signature.len() {
            return Err(Broken);
        }
        let key: Vec<u8> = proof.iter().zip(&signature).map(|(left, right)| left ^ right).collect();
        if self.hash.digest(&key) != self.keys.stored {
            return Err(Broken);
        }
        let signature = self.hash.keyed(&self.keys.server, said.as_bytes());
        Ok((self.user, format!("v={}", BASE64.encode(signature)).into_bytes()))
    }
}

/// The client's first message.
struct First<'a> {
    /// What stands before the message proper.
    header: &'a str,
    /// The message proper.
    bare: &'a str,
    /// Who it says it is.
    user: String,
    /// As whom it wants to act.
    identity: Option<String>,
    /// Its nonce.
    nonce: &'a str,
}

impl<'a> First<'a> {
    fn read(message: &'a str) -> Option<Self> {
        // `n` says that the client cannot bind to a channel; Kafka takes nothing else.
        let (identity, bare) = message.strip_prefix("n,")?.split_once(',')?;
        let header = message.strip_suffix(bare)?;
        let identity = match identity {
            "" => None,
            identity => Some(unescape(identity.strip_prefix("a=")?)?),
        };
        let mut attributes = bare.split(',');
        let user = unescape(attributes.next()?.strip_prefix("n=")?)?;
        let nonce = attributes.next()?.strip_prefix("r=").filter(|nonce| !nonce.is_empty())?;
        Some(Self { header, bare, user, identity, nonce })
    }
}

/// Reads a name, in which commas and equals signs are escaped.
fn unescape(name: &str) -> Option<String> {
    let mut parts = name.split('=');
    let mut read = parts.next()?.to_owned();
    for part in parts {
        let (sign, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (None, Some(rest)) => ('=', rest),
            (None, None) => return None,
        };
        read.push(sign);
        read.push_str(rest);
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::access::User;

    /// The example of RFC 7677.
    const FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const CHALLENGE: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const PROOF: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const VERIFIER: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn challenge() -> Challenge {
        let salt = BASE64.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap();
        let keys = Keys::derive(Hash::Sha256, "pencil", salt);
        let First { header, bare, nonce, .. } = First::read(FIRST).unwrap();
        Challenge {
            hash: Hash::Sha256,
            user: "user".into(),
            keys,
            binding: BASE64.encode(header),
            nonce: format!("{nonce}{NONCE}"),
            said: format!("{bare},{CHALLENGE}"),
        }
    }

    #[test]
    fn the_example_of_the_rfc_is_understood() {
        let (user, answer) = challenge().finish(PROOF.as_bytes()).unwrap();
        assert_eq!((&*user, answer.as_slice()), ("user", VERIFIER.as_bytes()));
    }

    #[test]
    fn a_challenge_repeats_the_nonce_and_names_the_salt() {
        let users = Users::new(vec![User::parse("user:pencil").unwrap()]);
        for hash in [Hash::Sha256, Hash::Sha512] {
            let (_, answer) = Challenge::begin(hash, &users, FIRST.as_bytes(), "more").unwrap();
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with("r=rOprNGfwEbeRWgbNEkqOmore,s="), "{answer}");
            assert!(answer.ends_with(",i=4096"), "{answer}");
        }
    }

    #[test]
    fn what_is_wrong_ends_the_exchange() {
        for proof in [
            "",
            "c=biws",
            "c=biws,r=other,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            &PROOF.replace("p=d", "p=e"),
            &PROOF.replace("c=biws", "c=eSws"),
            &PROOF.replace("VQ=", ""),
            &PROOF.replace(",p=", "x,p="),
        ] {
            assert!(challenge().finish(proof.as_bytes()).is_err(), "{proof}");
        }
        let users = Users::new(vec![User::parse("user:pencil").unwrap()]);
        for first in [
            "",
            "n",
            "n,,",
            "n,,n=,r=",
            "n,,n=user",
            "n,,n=user,r=",
            "n,,n=nobody,r=x",
            "n,a=other,n=user,r=x",
            "y,,n=user,r=x",
            "p=tls-unique,,n=user,r=x",
            "n,,m=more,n=user,r=x",
            "n,,n=us=er,r=x",
        ] {
            let begun = Challenge::begin(Hash::Sha256, &users, first.as_bytes(), "n");
            assert!(begun.is_err(), "{first}");
        }
        assert!(Challenge::begin(Hash::Sha256, &users, &[0xff], "n").is_err());
        assert!(Challenge::begin(Hash::Sha256, &users, b"n,a=user,n=user,r=x", "n").is_ok());
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(unescape("a=2Cb=3Dc").as_deref(), Some("a,b=c"));
        assert_eq!(unescape("plain").as_deref(), Some("plain"));
        assert_eq!((unescape("a=2c"), unescape("a="), unescape("=2")), (None, None, None));
    }
}
