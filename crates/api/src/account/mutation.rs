//! Becoming a user, and what people do with their own accounts.

use crate::account::user::User;
use crate::context::ContextExt;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::payload;
use crate::upload::{ImageSourceInput, Upload, source, within};
use async_graphql::{Context, Enum, InputObject, MaybeUndefined, SimpleObject};
use souk_core::auth::{Customer, Viewer};
use souk_domain::account::{self, ProfilePatch, Registration, vendor};
use souk_macros::root_object;

/// Kind of account to register.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum AccountType {
    /// Customer account: can place orders.
    Customer,
    /// Seller account: can also own stores, at once or after approval.
    Vendor,
}

/// Who wants to become a user.
#[derive(InputObject)]
struct UserRegisterInput {
    /// An email address of at most 254 characters, which no other account has; kept in lower case.
    email: String,
    /// 10 to 200 characters; neither one of the most common passwords nor the email itself.
    password: String,
    /// As others will see you, 1 to 100 characters.
    display_name: String,
    /// `VENDOR` makes a vendor at once where the marketplace's `vendorApproval` is `AUTO`; where it is `MANUAL`, the user stays a
    /// `CUSTOMER` until the staff approves.
    #[graphql(default_with = "AccountType::Customer")]
    account_type: AccountType,
}

/// A token from a mail.
#[derive(InputObject)]
struct UserVerifyEmailInput {
    /// The token; good for three days, and once.
    token: String,
}

/// Somebody who forgot their password.
#[derive(InputObject)]
struct PasswordResetRequestInput {
    /// The email of the account.
    email: String,
}

/// A new password, and the permission to set it.
#[derive(InputObject)]
struct PasswordResetInput {
    /// The token from the mail; good for an hour, and once.
    token: String,
    /// 10 to 200 characters; neither one of the most common passwords nor the email itself.
    password: String,
}

/// A new password, and the old one.
#[derive(InputObject)]
struct PasswordChangeInput {
    /// The password as it is.
    current_password: String,
    /// 10 to 200 characters; neither one of the most common passwords nor the email itself.
    new_password: String,
}

/// Another email for the account.
#[derive(InputObject)]
struct EmailChangeRequestInput {
    /// An email address of at most 254 characters, which no other account has.
    new_email: String,
    /// Your password.
    password: String,
}

/// A token from a mail.
#[derive(InputObject)]
struct EmailChangeConfirmInput {
    /// The token that was sent to the new address; good for a day, and once.
    token: String,
}

/// What is to change; what is left out stays.
#[derive(InputObject)]
struct ProfileUpdateInput {
    /// As others see you, 1 to 100 characters.
    display_name: Option<String>,
    /// 5 to 20 digits, with spaces and `+-()./` between them; `null` takes it away.
    phone: MaybeUndefined<String>,
    /// The version the change is based on: refused as `STALE` when it has moved on.
    expected_version: Option<i32>,
}

/// New picture of yourself.
#[derive(InputObject)]
struct AvatarSetInput {
    /// Where the picture comes from.
    source: ImageSourceInput,
}

/// A picture of you: one of the two fields is needed.
#[derive(InputObject)]
struct AvatarUpdateInput {
    /// A JPEG, PNG or WebP file, sent as a multipart request; 10 MiB at most unless the marketplace allows more.
    file: Option<Upload>,
    /// The token of a file that was put into the storage before.
    staged_upload_token: Option<String>,
}

/// Somebody who wants to sell.
#[derive(InputObject)]
struct VendorApplyInput {
    /// How the marketplace reaches you: 5 to 20 digits, with spaces and `+-()./` between them. Kept in your profile; left out, the
    /// one that is there stays.
    phone: Option<String>,
}

/// The end of an account.
#[derive(InputObject)]
struct AccountCloseInput {
    /// Your password.
    password: String,
}

payload! {
    /// What came of registering.
    UserRegisterPayload {
        /// The new user; a mail is on its way to verify the email.
        user: User
    }
}

payload! {
    /// What came of verifying an email.
    UserVerifyEmailPayload {
        /// Whose email it is.
        user: User
    }
}

payload! {
    /// What came of asking for the mail again.
    EmailVerificationRequestPayload {
        /// Who the mail was sent to.
        user: User
    }
}

/// What came of asking for a new password: the same, whether anybody has this email or not.
#[derive(SimpleObject)]
struct PasswordResetRequestPayload {
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

payload! {
    /// What came of setting a new password.
    PasswordResetPayload {
        /// Whose password it is. All of their sessions have ended.
        user: User
    }
}

payload! {
    /// What came of changing the password.
    PasswordChangePayload {
        /// Whose password it is. All of their other sessions have ended.
        user: User
    }
}

payload! {
    /// What came of asking for another email.
    EmailChangeRequestPayload {
        /// The user, with the email as it still is.
        user: User
    }
}

payload! {
    /// What came of confirming another email.
    EmailChangeConfirmPayload {
        /// The user, with the new email. All of their sessions have ended.
        user: User
    }
}

payload! {
    /// What came of changing the profile.
    ProfileUpdatePayload {
        /// The changed user.
        user: User
    }
}

payload! {
    /// Result of `avatarSet`.
    AvatarSetPayload {
        /// The changed user.
        user: User
    }
}

payload! {
    /// Result of `avatarRemove`.
    AvatarRemovePayload {
        /// The changed user.
        user: User
    }
}

payload! {
    /// What came of setting the picture.
    AvatarUpdatePayload {
        /// The changed user.
        user: User
    }
}

payload! {
    /// What came of taking the picture away.
    AvatarDeletePayload {
        /// The changed user.
        user: User
    }
}

payload! {
    /// What came of applying to sell.
    VendorApplyPayload {
        /// The user: a `VENDOR`, or a `CUSTOMER` with `vendorAppliedAt` who waits for the staff.
        user: User
    }
}

payload! {
    /// What came of closing the account.
    AccountClosePayload {
        /// What is left of the user.
        user: User
    }
}

/// Becoming a user, and what people do with their own accounts.
#[derive(Default)]
pub struct AccountMutation;

#[root_object]
impl AccountMutation {
    /// Creates a user account and sends an email to verify the address. The account can be used immediately.
    async fn user_register(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Fields of the new account.")] input: UserRegisterInput,
    ) -> Result<UserRegisterPayload> {
        let new = Registration {
            email: input.email,
            password: input.password,
            display_name: input.display_name,
            vendor: input.account_type == AccountType::Vendor,
        };
        UserRegisterPayload::from_result(account::register(ctx.app()?, viewer, new).await)
    }

    /// Verifies an email address with the token that was sent to it.
    async fn user_verify_email(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Token from the email.")] input: UserVerifyEmailInput,
    ) -> Result<UserVerifyEmailPayload> {
        UserVerifyEmailPayload::from_result(account::verify_email(ctx.app()?, viewer, &input.token).await)
    }

    /// Sends the verification email for your address again; earlier tokens become invalid.
    async fn email_verification_request(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
    ) -> Result<EmailVerificationRequestPayload> {
        EmailVerificationRequestPayload::from_result(account::request_verification(ctx.app()?, &customer).await)
    }

    /// Sends an email with a token to set a new password. The answer is the same whether or not the address has an account.
    async fn password_reset_request(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Email of the account.")] input: PasswordResetRequestInput,
    ) -> Result<PasswordResetRequestPayload> {
        let (_, user_errors) = split(account::request_reset(ctx.app()?, viewer, &input.email).await)?;
        Ok(PasswordResetRequestPayload { user_errors })
    }

    /// Sets a new password with the token from the email. Ends all sessions and invalidates all other tokens that were sent by
    /// email.
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Token and new password.")] input: PasswordResetInput,
    ) -> Result<PasswordResetPayload> {
        let result = account::reset_password(ctx.app()?, viewer, &input.token, input.password).await;
        PasswordResetPayload::from_result(result)
    }

    /// Changes your password. Ends your other sessions and invalidates all tokens that were sent by email.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Current and new password.")] input: PasswordChangeInput,
    ) -> Result<PasswordChangePayload> {
        let result = account::change_password(ctx.app()?, &customer, input.current_password, input.new_password).await;
        PasswordChangePayload::from_result(result)
    }

    /// Requests a change of your email: sends a token to the new address and a notice to the current one. The change takes effect
    /// when it is confirmed.
    async fn email_change_request(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "New email and current password.")] input: EmailChangeRequestInput,
    ) -> Result<EmailChangeRequestPayload> {
        let result = account::request_change(ctx.app()?, &customer, &input.new_email, input.password).await;
        EmailChangeRequestPayload::from_result(result)
    }

    /// Confirms a change of email with the token that was sent to the new address. Ends all sessions, invalidates all other
    /// tokens that were sent by email, and notifies the old address.
    async fn email_change_confirm(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Token from the email.")] input: EmailChangeConfirmInput,
    ) -> Result<EmailChangeConfirmPayload> {
        let app = ctx.app()?;
        let result = account::confirm_change(app, viewer, &input.token).await;
        if result.as_ref().is_ok_and(|user| viewer.user_id() == Some(user.id)) {
            crate::cookie::clear(ctx, &app.config.public_url);
        }
        EmailChangeConfirmPayload::from_result(result)
    }

    /// Updates your name and telephone number.
    async fn profile_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields to change.")] input: ProfileUpdateInput,
    ) -> Result<ProfileUpdatePayload> {
        let patch = ProfilePatch {
            display_name: input.display_name,
            phone: input.phone.as_opt_ref().map(|phone| phone.cloned()),
            expected_version: input.expected_version,
        };
        ProfileUpdatePayload::from_result(account::update(ctx.app()?, &customer, patch).await)
    }

    /// Sets your profile picture. See `Upload` for the accepted files.
    async fn avatar_set(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "New profile picture.")] input: AvatarSetInput,
    ) -> Result<AvatarSetPayload> {
        let result = async {
            let source = input.source.read(ctx)?;
            account::set_avatar(ctx.app()?, &customer, &source).await
        };
        AvatarSetPayload::from_result(result.await.map_err(within("source")))
    }

    /// Removes your profile picture.
    async fn avatar_remove(&self, ctx: &Context<'_>, #[actor] customer: Customer) -> Result<AvatarRemovePayload> {
        AvatarRemovePayload::from_result(account::remove_avatar(ctx.app()?, &customer).await)
    }

    /// Sets your profile picture.
    #[graphql(deprecation = "Use `avatarSet`.")]
    async fn avatar_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "New profile picture.")] input: AvatarUpdateInput,
    ) -> Result<AvatarUpdatePayload> {
        let result = async {
            let source = source(ctx, input.file, input.staged_upload_token)?;
            account::set_avatar(ctx.app()?, &customer, &source).await
        };
        AvatarUpdatePayload::from_result(result.await)
    }

    /// Removes your profile picture.
    #[graphql(deprecation = "Use `avatarRemove`.")]
    async fn avatar_delete(&self, ctx: &Context<'_>, #[actor] customer: Customer) -> Result<AvatarDeletePayload> {
        AvatarDeletePayload::from_result(account::remove_avatar(ctx.app()?, &customer).await)
    }

    /// Applies to become a vendor. Depending on the setting `vendorApproval`, you become one immediately or after approval.
    async fn vendor_apply(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields of the application.")] input: VendorApplyInput,
    ) -> Result<VendorApplyPayload> {
        VendorApplyPayload::from_result(vendor::apply(ctx.app()?, &customer, input.phone).await)
    }

    /// Closes your account permanently: personal data is erased, and your orders stay without a name. Fails with `IN_USE` if an
    /// order of yours is in progress, if you own a store that is not closed or has open orders, or if you are the last owner of
    /// the marketplace.
    async fn account_close(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Your current password.")] input: AccountCloseInput,
    ) -> Result<AccountClosePayload> {
        let app = ctx.app()?;
        let result = Box::pin(account::close(app, &customer, input.password)).await;
        if result.is_ok() {
            crate::cookie::clear(ctx, &app.config.public_url);
        }
        AccountClosePayload::from_result(result)
    }
}
