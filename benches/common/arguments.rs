//! Arguments of the command line, each a name followed by a value.

use std::str::FromStr;

/// The arguments of this process.
pub struct Arguments(Vec<String>);

impl Arguments {
    pub fn read() -> Self {
        Self(std::env::args().collect())
    }

    /// The value that follows a name.
    pub fn value(&self, name: &str, default: &str) -> String {
        let at = self.0.iter().position(|argument| argument == name);
        at.and_then(|at| self.0.get(at + 1)).cloned().unwrap_or_else(|| default.to_owned())
    }

    /// Like [`Arguments::value`], of the type of the default.
    pub fn number<N: FromStr + ToString>(&self, name: &str, default: N) -> N {
        self.value(name, &default.to_string()).parse().unwrap_or_else(|_| panic!("{name} takes a number"))
    }

    /// URL of the PostgreSQL server on which databases are created for the run.
    pub fn postgres(&self) -> String {
        self.value("--postgres", "postgres://postgres@127.0.0.1:5432/postgres")
    }
}
