//! Positions in the event log, as clients keep them.

use crate::error::Fault;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The first byte of every cursor: the cursor of a list is not taken for a position in the log.
const MARK: u8 = b'L';

/// A position in the event log: everything up to it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(pub i64);

impl Cursor {
    /// Opaque text for clients.
    pub fn encode(self) -> String {
        let mut bytes = vec![MARK];
        bytes.extend(self.0.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads the argument `after`.
    pub fn decode(text: &str) -> Result<Self, Fault> {
        let wrong = || Fault::BadUserInput {
            argument: "after",
            message: format!(
                "after must be a cursor from an earlier update; got {:?}.",
                text.chars().take(40).collect::<String>()
            ),
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let Some((&MARK, rest)) = bytes.split_first() else { return Err(wrong()) };
        let position = i64::from_be_bytes(rest.try_into().map_err(|_| wrong())?);
        if position < 0 { Err(wrong()) } else { Ok(Self(position)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_client_and_nothing_else_is_one() {
        for position in [0, 1, i64::MAX] {
            assert_eq!(Cursor::decode(&Cursor(position).encode()).ok(), Some(Cursor(position)));
        }
        for text in ["", "7", "!!", &Cursor(-1).encode(), &Cursor(5).encode()[1..]] {
            assert!(Cursor::decode(text).is_err(), "{text}");
        }
    }
}
