//! Downloads of digital products: who bought which, how often they may be downloaded, and the links.
//!
//! A grant is written when its order line is paid, and revoked when the line is cancelled or refunded in full.

mod grant;
mod job;
mod link;
mod read;

pub(crate) use grant::{claim, erase, grant, restore, revoke};
pub use job::DeliverDigital;
pub use link::{Download, LIFETIME, Link, NewLink, create_link, open};
pub use read::{count_of_user, of_orders, of_users, visible};
