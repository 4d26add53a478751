//! Invitations to become a member of a store, and the end of memberships.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::enums::StoreRole;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::loader::loaders;
use crate::payloads;
use crate::store::{Store, StoreMember};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::{StoreId, StoreInvitationId};
use entity::store_invitation::Model;
use entity::value::StoreInvitationStatus as Stored;
use souk_core::auth::{Customer, StoreTask, Viewer};
use souk_core::error::Error;
use souk_domain::store::{self, invitation};
use souk_macros::root_object;

/// Status of an invitation to become a member of a store.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreInvitationStatus {
    /// Waiting for an answer.
    Pending,
    /// The invited person became a member of the store.
    Accepted,
    /// The invited person declined the invitation.
    Declined,
    /// Revoked by the store, or replaced by a newer invitation to the same address.
    Revoked,
    /// Expired without an answer.
    Expired,
}

/// Invitation to become a member of a store. It does not reveal whether the email address has an account.
pub struct StoreInvitation(pub Model);

impl From<Model> for StoreInvitation {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Invitation to become a member of a store. It does not reveal whether the email address has an account.
#[Object]
impl StoreInvitation {
    /// ID of the invitation.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Store that sent the invitation; null if you cannot see it, such as before its approval.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.0.store_id).await
    }

    /// Name of the store that sent the invitation.
    async fn store_name(&self, ctx: &Context<'_>) -> Result<String> {
        super::name(ctx, self.0.store_id).await
    }

    /// Email address that is invited.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Role that the invited person gets on acceptance.
    async fn role(&self) -> StoreRole {
        self.0.role.into()
    }

    /// Current status of the invitation.
    async fn status(&self, ctx: &Context<'_>) -> Result<StoreInvitationStatus> {
        Ok(match self.0.status {
            Stored::Pending if ctx.app()?.clock.now() >= self.0.expires_at => StoreInvitationStatus::Expired,
            Stored::Pending => StoreInvitationStatus::Pending,
            Stored::Accepted => StoreInvitationStatus::Accepted,
            Stored::Declined => StoreInvitationStatus::Declined,
            Stored::Revoked => StoreInvitationStatus::Revoked,
        })
    }

    /// Time of creation.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Time at which the invitation expires.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }
}

loaders! {
    /// Loads an invitation.
    InvitationKey(StoreInvitationId) => row Model, by invitation::by_ids;
    /// Loads the pending invitations of a store.
    pub(super) PendingKey(StoreId) => value Vec<Model>, by invitation::pending;
}

impl StoreInvitation {
    /// Loads an invitation, if the viewer may change the settings of its store.
    pub async fn load_visible(ctx: &Context<'_>, id: StoreInvitationId) -> Result<Option<Self>> {
        Ok(ctx.load_one(InvitationKey(id)).await?.map(Self))
    }
}

/// Invitation to become a member of a store.
#[derive(InputObject)]
struct StoreMemberInviteInput {
    /// ID of the store.
    store_id: ID,
    /// Email address to invite. An earlier pending invitation of the store to the same address is replaced.
    email: String,
    /// Role that the invited person gets on acceptance.
    role: StoreRole,
}

/// Invitation to become a member of a store.
#[derive(InputObject)]
struct StoreMemberAddInput {
    /// ID of the store.
    store_id: ID,
    /// Email address to invite.
    email: String,
    /// Role that the invited person gets on acceptance.
    role: StoreRole,
}

/// Acceptance of an invitation.
#[derive(InputObject)]
struct StoreInvitationAcceptInput {
    /// Token from the mail.
    token: String,
}

/// Decline of an invitation.
#[derive(InputObject)]
struct StoreInvitationDeclineInput {
    /// Token from the mail.
    token: String,
}

/// Member to remove from a store.
#[derive(InputObject)]
struct StoreMemberRemoveInput {
    /// ID of the store.
    store_id: ID,
    /// ID of the member's user account; your own to leave the store.
    user_id: ID,
}

/// Store to leave.
#[derive(InputObject)]
struct StoreMemberLeaveInput {
    /// ID of a store that you are a member of.
    store_id: ID,
}

payloads! {
    /// The new invitation, which is the same whether or not the address has an account; null if there are errors.
    StoreMemberInvitePayload { invitation: StoreInvitation } of storeMemberInvite;
    /// The declined invitation; null if there are errors.
    StoreInvitationDeclinePayload { invitation: StoreInvitation } of storeInvitationDecline;
    /// The revoked invitation; null if there are errors.
    StoreInvitationRevokePayload { invitation: StoreInvitation } of storeInvitationRevoke;
}

/// Result of `storeMemberAdd`.
#[derive(SimpleObject)]
struct StoreMemberAddPayload {
    /// Always null: the person becomes a member by accepting the invitation.
    #[graphql(deprecation = "Use `invitation`.")]
    member: Option<StoreMember>,
    /// The new invitation, which is the same whether or not the address has an account; null if there are errors.
    invitation: Option<StoreInvitation>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Result of `storeInvitationAccept`.
#[derive(SimpleObject)]
struct StoreInvitationAcceptPayload {
    /// Your membership in the store; null if there are errors.
    member: Option<StoreMember>,
    /// Store that you are now a member of; null if there are errors.
    store: Option<Store>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Result of `storeMemberRemove`.
#[derive(SimpleObject)]
struct StoreMemberRemovePayload {
    /// ID of the user whose membership ended; null if there are errors.
    removed_user_id: Option<ID>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Result of `storeMemberLeave`.
#[derive(SimpleObject)]
struct StoreMemberLeavePayload {
    /// ID of the store that you left; null if there are errors.
    left_store_id: Option<ID>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Queries of invitations.
#[derive(Default)]
pub struct StoreInvitationQuery;

#[root_object]
impl StoreInvitationQuery {
    /// Invitation with this token, whatever its status. Null if the token is unknown.
    async fn store_invitation(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Token from the email.")] token: String,
    ) -> Result<Option<StoreInvitation>> {
        Ok(invitation::by_token(ctx.app()?, viewer, &token).await?.map(StoreInvitation))
    }
}

async fn invite(ctx: &Context<'_>, customer: &Customer, store_id: &ID, email: &str, role: StoreRole) -> Result<Model, Error> {
    let app = ctx.app()?;
    let invited = decode::by_id("storeId", store_id, async |id| {
        let staff = customer.store_staff(&app.db, id, StoreTask::Settings).await?;
        invitation::create(app, &staff, email, role.into()).await
    });
    invited.await
}

/// Mutations of the members of a store and of invitations.
#[derive(Default)]
pub struct StoreMemberMutation;

#[root_object]
impl StoreMemberMutation {
    /// Invites a person to become a member of a store, by an email with a link that can be used once. The answer is the same
    /// whether or not the address has an account. Limited by user, by store and by address. For the store's owner, members with
    /// the role `OWNER`, and staff with `MANAGE_PRODUCTS`.
    async fn store_member_invite(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Invitation to send.")] input: StoreMemberInviteInput,
    ) -> Result<StoreMemberInvitePayload> {
        StoreMemberInvitePayload::from_result(Box::pin(invite(ctx, &customer, &input.store_id, &input.email, input.role)).await)
    }

    /// Same as `storeMemberInvite`.
    #[graphql(deprecation = "It sends an invitation: use storeMemberInvite.")]
    async fn store_member_add(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Invitation to send.")] input: StoreMemberAddInput,
    ) -> Result<StoreMemberAddPayload> {
        let result = Box::pin(invite(ctx, &customer, &input.store_id, &input.email, input.role)).await;
        let (row, user_errors) = split(result)?;
        Ok(StoreMemberAddPayload { member: None, invitation: row.map(StoreInvitation), user_errors })
    }

    /// Accepts an invitation: you become a member of the store. Your verified email must be the invited one. If you are a member
    /// already, you get the role of the invitation. Each token can be used once.
    async fn store_invitation_accept(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Invitation to accept.")] input: StoreInvitationAcceptInput,
    ) -> Result<StoreInvitationAcceptPayload> {
        let (joined, user_errors) = split(Box::pin(invitation::accept(ctx.app()?, &customer, &input.token)).await)?;
        let (member, store) = joined.map(|joined| (StoreMember(joined.member), Store::from(joined.store))).unzip();
        Ok(StoreInvitationAcceptPayload { member, store, user_errors })
    }

    /// Declines an invitation. Needs only the token, no account.
    async fn store_invitation_decline(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Invitation to decline.")] input: StoreInvitationDeclineInput,
    ) -> Result<StoreInvitationDeclinePayload> {
        StoreInvitationDeclinePayload::from_result(Box::pin(invitation::decline(ctx.app()?, viewer, &input.token)).await)
    }

    /// Revokes a pending invitation: its token becomes invalid. For the store's owner, members with the role `OWNER`, and staff
    /// with `MANAGE_PRODUCTS`.
    async fn store_invitation_revoke(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the invitation.")] id: ID,
    ) -> Result<StoreInvitationRevokePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id| {
            let staff = invitation::staff(app, &customer, id).await?;
            invitation::revoke(app, &staff, id).await
        });
        StoreInvitationRevokePayload::from_result(Box::pin(result).await)
    }

    /// Removes a member from a store, and revokes the pending invitations that the member sent. For the store's owner, members
    /// with the role `OWNER`, and staff with `MANAGE_PRODUCTS`; members can remove themselves.
    async fn store_member_remove(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Member to remove.")] input: StoreMemberRemoveInput,
    ) -> Result<StoreMemberRemovePayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let store_id = decoded.object("storeId", &input.store_id);
        let user = decoded.id("userId", &input.user_id);
        let remove = async {
            if customer.user_id() == user {
                return store::leave(app, &customer, store_id).await.map(|()| user);
            }
            let staff = customer.store_staff(&app.db, store_id, StoreTask::Settings).await?;
            decode::found("userId", store::remove_member(app, &staff, user)).await.map(|()| user)
        };
        let (removed, user_errors) = split(Box::pin(decoded.run(remove)).await)?;
        Ok(StoreMemberRemovePayload { removed_user_id: removed.map(id::output), user_errors })
    }

    /// Ends your own membership in a store. The owner of a store cannot leave it.
    async fn store_member_leave(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Store to leave.")] input: StoreMemberLeaveInput,
    ) -> Result<StoreMemberLeavePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("storeId", &input.store_id, async |store_id| {
            store::leave(app, &customer, store_id).await.map(|()| store_id)
        });
        let (left, user_errors) = split(Box::pin(result).await)?;
        Ok(StoreMemberLeavePayload { left_store_id: left.map(id::output), user_errors })
    }
}
