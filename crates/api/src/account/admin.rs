//! Management of user accounts by staff.

use crate::account::user::User;
use crate::connection;
use crate::context::ContextExt;
use crate::cost;
use crate::decode;
use crate::enums::{Permission, Role, UserStatus};
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::page::{self, COUNT_CAP, Counter};
use crate::payloads;
use crate::renamed;
use crate::store::Store;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use souk_core::auth::permissions::ManageUsers;
use souk_core::auth::{Staff, Viewer};
use souk_core::error::Fault;
use souk_domain::account::admin::{self, NewRole, UserFilter as Filter};
use souk_domain::account::vendor;
use souk_macros::root_object;

connection!(UserConnection, UserEdge, User, "users");

/// Conditions on users. A user must meet all that are given.
#[derive(InputObject)]
struct UserFilter {
    /// Role of the user.
    role: Option<Role>,
    /// Status of the account.
    status: Option<UserStatus>,
    /// Beginning of the email address, 1 to 254 characters; upper and lower case are the same.
    email_prefix: Option<String>,
    /// Whether the user has a pending application to become a vendor.
    is_vendor_applicant: Option<bool>,
    /// Same as `isVendorApplicant`.
    #[graphql(deprecation = "Use `isVendorApplicant`.")]
    vendor_applied: Option<bool>,
}

impl UserFilter {
    fn decode(self) -> Result<Filter, Fault> {
        let (new, old) = (("isVendorApplicant", self.is_vendor_applicant), ("vendorApplied", self.vendor_applied));
        Ok(Filter {
            role: self.role.map(Into::into),
            status: self.status.map(Into::into),
            email_prefix: self.email_prefix,
            vendor_applied: renamed::argument("filter", new, old)?,
        })
    }
}

/// Block of a user account.
#[derive(InputObject)]
struct UserBlockInput {
    /// Reason of the block, for staff, 1 to 500 characters.
    reason: String,
}

/// New role and permissions of a user.
#[derive(InputObject)]
struct UserRoleUpdateInput {
    /// Role of the user. Only owners can give or take the roles `STAFF`, `ADMIN` and `OWNER`.
    role: Role,
    /// Permissions of the user, in place of the present ones. Only for the role `STAFF`: admins and owners hold every permission.
    #[graphql(default)]
    permissions: Vec<Permission>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

/// Treatment of the user's suspended stores.
#[derive(InputObject)]
struct UserUnblockInput {
    /// Whether stores that were suspended because the user was blocked return to their earlier status. Stores that staff
    /// suspended or closed keep their status. Each call reopens at most 100 stores; repeat it for more.
    #[graphql(default)]
    reopen_stores: bool,
}

/// Result of `userBlock`.
#[derive(SimpleObject)]
struct UserBlockPayload {
    /// The blocked user; null if there are errors.
    user: Option<User>,
    /// Stores that are suspended because the user is blocked, newest first, at most 100.
    #[graphql(directive = cost::ListOf::apply(3))]
    suspended_stores: Vec<Store>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Result of `userUnblock`.
#[derive(SimpleObject)]
struct UserUnblockPayload {
    /// The unblocked user; null if there are errors.
    user: Option<User>,
    /// Stores that were reopened, at most 100.
    #[graphql(directive = cost::ListOf::apply(3))]
    reopened_stores: Vec<Store>,
    /// Stores that are still suspended because the user was blocked, newest first, at most 100. To reopen them, repeat the call
    /// with `reopenStores`, or use `storeStatusUpdate`.
    #[graphql(directive = cost::ListOf::apply(3))]
    suspended_stores: Vec<Store>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

fn stores(rows: Vec<entity::store::Model>) -> Vec<Store> {
    rows.into_iter().map(Store::from).collect()
}

payloads! {
    /// The changed user; null if there are errors.
    UserRoleUpdatePayload { user: User } of userRoleUpdate;
    /// The new vendor; null if there are errors.
    VendorApprovePayload { user: User } of vendorApprove;
    /// The user, who keeps the present role and can apply again; null if there are errors.
    VendorRejectPayload { user: User } of vendorReject;
}

/// Queries of user accounts.
#[derive(Default)]
pub struct UserQuery;

#[root_object]
impl UserQuery {
    /// Signed-in user; null for a guest.
    async fn me(&self, ctx: &Context<'_>, #[actor] viewer: &Viewer) -> Result<Option<User>> {
        match viewer.user_id() {
            Some(id) => User::load_optional(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Users of the marketplace, newest first.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageUsers>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Conditions that the users must meet.")] filter: Option<UserFilter>,
    ) -> Result<UserConnection> {
        let filter = filter.map(UserFilter::decode).transpose()?.unwrap_or_default();
        let page = page.of("users", &filter)?;
        let rows = admin::list(ctx.app()?, &staff, &filter, &page.request).await?;
        let counter =
            Counter::new(ctx, (staff, filter), |app, (staff, filter)| Box::pin(admin::count(app, staff, filter, COUNT_CAP)))?;
        Ok(UserConnection::new(rows, page.scope, counter))
    }

    /// User by ID; null if it does not exist.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageUsers>,
        #[graphql(desc = "ID of the user.")] id: ID,
    ) -> Result<Option<User>> {
        Ok(admin::find(ctx.app()?, &staff, id::argument("id", &id)?).await?.map(User))
    }
}

/// Mutations of user accounts by staff.
#[derive(Default)]
pub struct UserMutation;

#[root_object]
impl UserMutation {
    /// Blocks a user: ends their sessions immediately and suspends the stores they own. Only owners can block staff, admins and
    /// owners.
    async fn user_block(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageUsers>,
        #[graphql(desc = "ID of the user.")] id: ID,
        #[graphql(desc = "Reason for the block.")] input: UserBlockInput,
    ) -> Result<UserBlockPayload> {
        let result = decode::by_id("id", &id, async |id| admin::block(ctx.app()?, &staff, id, &input.reason).await);
        let (blocked, user_errors) = split(Box::pin(result).await)?;
        let (user, suspended) = blocked.map(|blocked| (User(blocked.user), blocked.suspended)).unzip();
        Ok(UserBlockPayload { user, suspended_stores: stores(suspended.unwrap_or_default()), user_errors })
    }

    /// Unblocks a user, who can then sign in again. Their stores stay suspended unless the input reopens them.
    async fn user_unblock(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageUsers>,
        #[graphql(desc = "ID of the user.")] id: ID,
        #[graphql(desc = "What to do with the user's stores; they stay suspended if omitted.")] input: Option<UserUnblockInput>,
    ) -> Result<UserUnblockPayload> {
        let reopen = input.is_some_and(|input| input.reopen_stores);
        let result = decode::by_id("id", &id, async |id| admin::unblock(ctx.app()?, &staff, id, reopen).await);
        let (unblocked, user_errors) = split(Box::pin(result).await)?;
        let Some(unblocked) = unblocked else {
            return Ok(UserUnblockPayload { user: None, reopened_stores: vec![], suspended_stores: vec![], user_errors });
        };
        Ok(UserUnblockPayload {
            user: Some(User(unblocked.user)),
            reopened_stores: stores(unblocked.reopened),
            suspended_stores: stores(unblocked.suspended),
            user_errors,
        })
    }

    /// Sets the role and permissions of a user. Staff with `MANAGE_USERS` can turn customers into vendors and back; all other
    /// changes are for owners. The last owner keeps the role.
    async fn user_role_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageUsers>,
        #[graphql(desc = "ID of the user.")] id: ID,
        #[graphql(desc = "New role and permissions.")] input: UserRoleUpdateInput,
    ) -> Result<UserRoleUpdatePayload> {
        let new = NewRole {
            role: input.role.into(),
            permissions: input.permissions.into_iter().map(Into::into).collect(),
            expected_version: input.expected_version,
        };
        let result = decode::by_id("id", &id, async |id| admin::set_role(ctx.app()?, &staff, id, new).await);
        UserRoleUpdatePayload::from_result(result.await)
    }

    /// Approves a vendor application: the customer becomes a vendor.
    async fn vendor_approve(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageUsers>,
        #[graphql(desc = "ID of the user.")] id: ID,
    ) -> Result<VendorApprovePayload> {
        let result = decode::by_id("id", &id, async |id| vendor::decide(ctx.app()?, &staff, id, true).await);
        VendorApprovePayload::from_result(result.await)
    }

    /// Rejects a vendor application. The customer can apply again.
    async fn vendor_reject(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageUsers>,
        #[graphql(desc = "ID of the user.")] id: ID,
    ) -> Result<VendorRejectPayload> {
        let result = decode::by_id("id", &id, async |id| vendor::decide(ctx.app()?, &staff, id, false).await);
        VendorRejectPayload::from_result(result.await)
    }
}
