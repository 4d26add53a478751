//! The actors. Their fields are private: holding one proves that the check was made.

use super::permissions::{ProvenPermission, may_own_stores, requirement};
use super::standing::Standing;
use crate::db::Db;
use crate::db::InPadded;
use crate::error::{Error, Fault, Result};
use entity::id::{SessionId, StoreId, UserId};
use entity::value::{ActorKind, Permission, Role, StoreRole};
use entity::{store, store_member};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::marker::PhantomData;
use std::sync::Arc;

/// Client that sent a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// IP address, as reported by the trusted proxies.
    pub ip: Option<std::net::IpAddr>,
    /// Value of the header `User-Agent`.
    pub user_agent: Option<String>,
}

impl Client {
    /// Key by which attempts from this address are counted: the address, or the /64 network of an IPv6 address, as a client that has
    /// one such address has the whole network.
    pub fn network(&self) -> String {
        match self.ip {
            Some(std::net::IpAddr::V6(ip)) => match ip.to_ipv4_mapped() {
                Some(ip) => ip.to_string(),
                None => std::net::Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).to_string(),
            },
            Some(ip) => ip.to_string(),
            None => String::new(),
        }
    }
}

/// A signed-in user, as of this request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) id: UserId,
    pub(super) session: SessionId,
    pub(super) role: Role,
    /// Permissions; empty unless the user is staff.
    pub(super) permissions: Vec<Permission>,
    /// Email in lower case.
    pub(super) email: String,
    pub(super) email_verified: bool,
}

/// Caller of an operation: a guest or a signed-in user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    person: Option<Arc<Person>>,
    client: Arc<Client>,
}

impl Viewer {
    /// A caller who is not signed in.
    pub fn guest(client: Client) -> Self {
        Self { person: None, client: Arc::new(client) }
    }

    /// Created after a token was verified, and in tests.
    pub(super) fn signed_in(person: Person, client: Client) -> Self {
        Self { person: Some(Arc::new(person)), client: Arc::new(client) }
    }

    /// Client that sent the request.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// ID of the user; `None` for a guest.
    pub fn user_id(&self) -> Option<UserId> {
        self.person.as_ref().map(|person| person.id)
    }

    /// The session of the request; `None` for a guest.
    pub fn session(&self) -> Option<SessionId> {
        self.person.as_ref().map(|person| person.session)
    }

    /// The user's email in lower case; `None` for a guest.
    pub fn email(&self) -> Option<&str> {
        self.person.as_ref().map(|person| person.email.as_str())
    }

    /// Whether this is a user whose email is verified.
    pub fn email_verified(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.email_verified)
    }

    /// The user's role and permissions; `None` for a guest.
    pub fn standing(&self) -> Option<Standing> {
        self.person.as_ref().map(|person| Standing { role: person.role, permissions: person.permissions.clone() })
    }

    /// Proves that the caller is signed in; every user can place orders.
    pub fn customer(&self) -> Result<Customer, Fault> {
        let person = self.person.clone().ok_or(Fault::Unauthenticated)?;
        Ok(Customer { person, viewer: self.clone() })
    }

    /// Proves that the caller may own stores: a vendor, an admin or the owner of the marketplace.
    pub fn vendor(&self) -> Result<Vendor, Fault> {
        let person = self.person.clone().ok_or(Fault::Unauthenticated)?;
        if may_own_stores(person.role) { Ok(Vendor { person }) } else { Err(Fault::forbidden(requirement("VENDOR", None))) }
    }

    /// Proves that the caller is staff with a permission; admins and the owner have all permissions.
    pub fn staff<P: ProvenPermission>(&self) -> Result<Staff<P>, Fault> {
        let person = self.person.clone().ok_or(Fault::Unauthenticated)?;
        if self.may(P::PERMISSION) {
            Ok(Staff { person, permission: PhantomData })
        } else {
            Err(Fault::forbidden(requirement("STAFF", Some(P::PERMISSION.as_str()))))
        }
    }

    /// Whether [`Viewer::staff`] would succeed.
    pub fn may(&self, permission: Permission) -> bool {
        self.person.as_ref().is_some_and(|person| match person.role {
            Role::Admin | Role::Owner => true,
            Role::Staff => person.permissions.contains(&permission),
            Role::Customer | Role::Vendor => false,
        })
    }

    /// Proves that the caller is the owner of the marketplace.
    pub fn owner(&self) -> Result<Owner, Fault> {
        let person = self.person.clone().ok_or(Fault::Unauthenticated)?;
        if person.role == Role::Owner { Ok(Owner { person }) } else { Err(Fault::forbidden(requirement("OWNER", None))) }
    }

    /// Proves that the caller may do a task of a store: its owner, a member whose role allows the task, or staff with the permission.
    /// For other callers the store does not exist.
    pub async fn store_staff(&self, db: &Db, store_id: StoreId, task: StoreTask) -> Result<StoreStaff> {
        self.store_staff_on(db.read(), store_id, task).await
    }

    /// As [`Viewer::store_staff`], within a transaction.
    pub async fn store_staff_on(&self, db: &impl ConnectionTrait, store_id: StoreId, task: StoreTask) -> Result<StoreStaff> {
        let person = self.person.clone().ok_or(Fault::Unauthenticated)?;
        let owner: Option<UserId> =
            store::Entity::find_by_id(store_id).select_only().column(store::Column::OwnerId).into_tuple().one(db).await?;
        let Some(owner) = owner else { return Err(Fault::NotFound.into()) };
        let allowed = |kind| Ok(StoreStaff { person: person.clone(), store_id, kind });
        if owner == person.id {
            return allowed(ActorKind::Store);
        }
        if self.may(task.permission()) {
            return allowed(ActorKind::Staff);
        }
        let member = store_member::Entity::find()
            .filter(store_member::Column::StoreId.eq(store_id))
            .filter(store_member::Column::UserId.eq(person.id))
            .one(db)
            .await?;
        match member {
            Some(member) if task.allows(member.role) => allowed(ActorKind::Store),
            Some(_) => Err(Error::Fault(Fault::forbidden(task.requirement()))),
            None => Err(Fault::NotFound.into()),
        }
    }

    /// As [`Viewer::store_staff`], for several stores: returns those in which the caller may do the task. Two statements.
    pub async fn staff_of_stores(&self, db: &Db, ids: &[StoreId], task: StoreTask) -> Result<Vec<StoreStaff>> {
        let Some(person) = &self.person else { return Ok(Vec::new()) };
        let owners: Vec<(StoreId, UserId)> = store::Entity::find()
            .filter(store::Column::Id.in_padded(ids))
            .select_only()
            .column(store::Column::Id)
            .column(store::Column::OwnerId)
            .into_tuple()
            .all(db.read())
            .await?;
        let members = store_member::Entity::find()
            .filter(store_member::Column::UserId.eq(person.id))
            .filter(store_member::Column::StoreId.in_padded(ids))
            .all(db.read())
            .await?;
        let is_member = |id| members.iter().any(|member| member.store_id == id && task.allows(member.role));
        let kind = |id, owner| {
            if owner == person.id {
                return Some(ActorKind::Store);
            }
            if self.may(task.permission()) {
                return Some(ActorKind::Staff);
            }
            is_member(id).then_some(ActorKind::Store)
        };
        let staff = owners.into_iter().filter_map(|(store_id, owner)| {
            kind(store_id, owner).map(|kind| StoreStaff { person: Arc::clone(person), store_id, kind })
        });
        Ok(staff.collect())
    }

    /// Kind of actor in the timeline of an order that the caller placed.
    pub fn kind(&self) -> ActorKind {
        if self.person.is_some() { ActorKind::Customer } else { ActorKind::Guest }
    }
}

/// Task in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreTask {
    /// Change the store itself, or close it.
    Settings,
    /// Change its products.
    Products,
    /// See and fulfil its orders.
    Orders,
    /// Answer its reviews.
    Reviews,
    /// See its balance and statements.
    Finance,
    /// Refund its orders.
    Refunds,
}

impl StoreTask {
    pub(super) fn permission(self) -> Permission {
        match self {
            Self::Settings | Self::Products => Permission::ManageProducts,
            Self::Orders => Permission::ManageOrders,
            Self::Reviews => Permission::Moderate,
            Self::Finance | Self::Refunds => Permission::ManageFinance,
        }
    }

    /// Requirement that is named to a member whose role does not allow the task.
    fn requirement(self) -> &'static str {
        match self {
            Self::Settings | Self::Finance => "the role OWNER in the store",
            Self::Products | Self::Reviews | Self::Refunds => "the role OWNER or MANAGER in the store",
            Self::Orders => "membership in the store",
        }
    }

    pub(super) fn allows(self, role: StoreRole) -> bool {
        match self {
            Self::Settings | Self::Finance => role == StoreRole::Owner,
            Self::Products | Self::Reviews | Self::Refunds => matches!(role, StoreRole::Owner | StoreRole::Manager),
            Self::Orders => true,
        }
    }
}

/// A signed-in user.
#[derive(Clone, Debug)]
pub struct Customer {
    person: Arc<Person>,
    viewer: Viewer,
}

/// A user who may own stores.
#[derive(Clone, Debug)]
pub struct Vendor {
    person: Arc<Person>,
}

/// Staff with the permission `P`: a function that takes `Staff<ManageOrders>` is called with that
///
/// ```
/// # use souk_core::auth::{Staff, permissions::ManageOrders};
/// fn list_orders(_staff: &Staff<ManageOrders>) {}
/// fn resolver(staff: &Staff<ManageOrders>) {
///     list_orders(staff);
/// }
/// ```
///
/// and does not compile with a `Staff<ManageProducts>`:
///
/// ```compile_fail,E0308
/// # use souk_core::auth::{Staff, permissions::{ManageOrders, ManageProducts}};
/// fn list_orders(_staff: &Staff<ManageOrders>) {}
/// fn resolver(staff: &Staff<ManageProducts>) {
///     list_orders(staff);
/// }
/// ```
///
/// Its fields are private, so only the check of a permission makes one:
///
/// ```compile_fail,E0451
/// # use souk_core::auth::{Staff, permissions::ManageOrders};
/// fn forged(other: Staff<ManageOrders>) -> Staff<ManageOrders> {
///     Staff { ..other }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Staff<P> {
    person: Arc<Person>,
    permission: PhantomData<fn() -> P>,
}

/// The owner of the marketplace.
#[derive(Clone, Debug)]
pub struct Owner {
    person: Arc<Person>,
}

/// A user who may do a task of one store.
#[derive(Clone, Debug)]
pub struct StoreStaff {
    person: Arc<Person>,
    store_id: StoreId,
    kind: ActorKind,
}

/// Any actor that is a signed-in user, for operations that every user may call and that are counted by user.
pub trait Authenticated: Send + Sync {
    /// The user's ID.
    fn user_id(&self) -> UserId;
}

macro_rules! is_person {
    ($($name:ident $(<$parameter:ident>)?),*) => {$(
        impl $(<$parameter>)? $name $(<$parameter>)? {
            /// The user's ID.
            pub fn user_id(&self) -> UserId {
                self.person.id
            }

            /// The session of the request.
            pub fn session(&self) -> SessionId {
                self.person.session
            }

            /// The user's role in the marketplace.
            pub fn role(&self) -> Role {
                self.person.role
            }

            /// The user's email in lower case.
            pub fn email(&self) -> &str {
                &self.person.email
            }

            /// Whether the email is verified.
            pub fn email_verified(&self) -> bool {
                self.person.email_verified
            }
        }

        impl $(<$parameter>)? Authenticated for $name $(<$parameter>)? {
            fn user_id(&self) -> UserId {
                self.person.id
            }
        }
    )*};
}

is_person!(Customer, Vendor, Staff<P>, Owner, StoreStaff);

impl Customer {
    /// Client that sent the request.
    pub fn client(&self) -> &Client {
        self.viewer.client()
    }

    /// The same user as a viewer, for functions that guests may call too.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// As [`Viewer::may`].
    pub fn may(&self, permission: Permission) -> bool {
        self.viewer.may(permission)
    }

    /// As [`Viewer::store_staff`].
    pub async fn store_staff(&self, db: &Db, store_id: StoreId, task: StoreTask) -> Result<StoreStaff> {
        self.viewer.store_staff(db, store_id, task).await
    }

    /// As [`Viewer::store_staff_on`].
    pub async fn store_staff_on(&self, db: &impl ConnectionTrait, store_id: StoreId, task: StoreTask) -> Result<StoreStaff> {
        self.viewer.store_staff_on(db, store_id, task).await
    }
}

impl StoreStaff {
    /// The store.
    pub fn store_id(&self) -> StoreId {
        self.store_id
    }

    /// Whether the user acts for the store or for the marketplace.
    pub fn kind(&self) -> ActorKind {
        self.kind
    }
}

/// The program itself, for work that nobody requested. Never made while serving a request: what a payment provider decides is
/// proven by a [`ProviderPayment`](crate::provider::payment::ProviderPayment) instead.
#[derive(Clone, Copy, Debug)]
pub struct System(());

impl System {
    /// For the job registry: jobs and periodic tasks.
    pub(crate) fn for_job() -> Self {
        Self(())
    }

    /// For the command line: a person who can run the program may do everything.
    pub fn for_command_line() -> Self {
        Self(())
    }
}
