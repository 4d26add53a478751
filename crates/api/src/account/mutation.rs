//! Registration, and management of the user's own account.

use crate::access::{AuthRole, Needs, auth, public};
use crate::account::user::User;
use crate::context::ContextExt;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::payload;
use crate::upload::{ImageSourceInput, Upload, source, within};
use async_graphql::{Context, Enum, InputObject, MaybeUndefined, Object, SimpleObject};
use souk_domain::account::{self, ProfilePatch, Registration, vendor};

/// Kind of account to register.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum AccountType {
    /// Customer account: can place orders.
    Customer,
    /// Seller account: can also own stores, immediately or after approval.
    Vendor,
}

/// Registration of a user.
#[derive(InputObject)]
struct UserRegisterInput {
    /// Email address of at most 254 characters, which no other account has; stored in lower case.
    email: String,
    /// Password, 10 to 200 characters. Neither a common password nor the email address or its part before the @.
    password: String,
    /// Name that other users see, 1 to 100 characters.
    display_name: String,
    /// Kind of account. If `Settings.vendorApproval` is `AUTO`, `VENDOR` gives the role `VENDOR` immediately; if it is `MANUAL`,
    /// the role is `CUSTOMER` until staff approve the application.
    #[graphql(default_with = "AccountType::Customer")]
    account_type: AccountType,
}

/// Verification of an email address.
#[derive(InputObject)]
struct UserVerifyEmailInput {
    /// Token from the mail, valid for three days and for one use.
    token: String,
}

/// Account whose password is to be reset.
#[derive(InputObject)]
struct PasswordResetRequestInput {
    /// Email address of the account.
    email: String,
}

/// New password, and the token that allows it to be set.
#[derive(InputObject)]
struct PasswordResetInput {
    /// Token from the mail, valid for one hour and for one use.
    token: String,
    /// New password, 10 to 200 characters. Neither a common password nor the email address or its part before the @.
    password: String,
}

/// New password and current password.
#[derive(InputObject)]
struct PasswordChangeInput {
    /// Current password of the account.
    current_password: String,
    /// New password, 10 to 200 characters. Neither a common password nor the email address or its part before the @.
    new_password: String,
}

/// New email address for the account.
#[derive(InputObject)]
struct EmailChangeRequestInput {
    /// New email address, at most 254 characters. If another account has it, `emailChangeConfirm` reports `TAKEN`.
    new_email: String,
    /// Current password of the account.
    password: String,
}

/// Confirmation of a new email address.
#[derive(InputObject)]
struct EmailChangeConfirmInput {
    /// Token from the mail to the new address, valid for one day and for one use.
    token: String,
}

/// Changes to your profile. Fields that are left out keep their value.
#[derive(InputObject)]
struct ProfileUpdateInput {
    /// Name that other users see, 1 to 100 characters.
    display_name: Option<String>,
    /// Phone number: 5 to 20 digits, spaces and `+-()./`, at most 32 characters; `null` removes it.
    phone: MaybeUndefined<String>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

/// New avatar of the user.
#[derive(InputObject)]
struct AvatarSetInput {
    /// Source of the image.
    source: ImageSourceInput,
}

/// New avatar of the user. Exactly one of the fields is required.
#[derive(InputObject)]
struct AvatarUpdateInput {
    /// Image file; see `Upload` for what is accepted.
    file: Option<Upload>,
    /// `StagedUpload.token` of an image that was uploaded before.
    staged_upload_token: Option<String>,
}

/// Application to become a vendor.
#[derive(InputObject)]
struct VendorApplyInput {
    /// Phone number for the marketplace: 5 to 20 digits, spaces and `+-()./`, at most 32 characters. It replaces the one in your
    /// profile; if left out, that one stays.
    phone: Option<String>,
}

/// Confirmation that the account is to be closed.
#[derive(InputObject)]
struct AccountCloseInput {
    /// Current password of the account.
    password: String,
}

payload! {
    /// Result of `userRegister`.
    UserRegisterPayload {
        /// The new user, who receives a mail to verify the email address; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `userVerifyEmail`.
    UserVerifyEmailPayload {
        /// The user with the verified email address; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `emailVerificationRequest`.
    EmailVerificationRequestPayload {
        /// The user, who receives a mail to verify the email address; null if there are errors.
        user: User
    }
}

/// Result of `passwordResetRequest`. It is the same whether or not an account has the email address.
#[derive(SimpleObject)]
struct PasswordResetRequestPayload {
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

payload! {
    /// Result of `passwordReset`.
    PasswordResetPayload {
        /// The user with the new password, whose sessions have all ended; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `passwordChange`.
    PasswordChangePayload {
        /// The user with the new password, whose other sessions have ended; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `emailChangeRequest`.
    EmailChangeRequestPayload {
        /// The user, with the present email address until the new one is confirmed; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `emailChangeConfirm`.
    EmailChangeConfirmPayload {
        /// The user with the new email address, whose sessions have all ended; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `profileUpdate`.
    ProfileUpdatePayload {
        /// The changed user; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `avatarSet`.
    AvatarSetPayload {
        /// The changed user; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `avatarRemove`.
    AvatarRemovePayload {
        /// The changed user; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `avatarUpdate`.
    AvatarUpdatePayload {
        /// The changed user; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `avatarDelete`.
    AvatarDeletePayload {
        /// The changed user; null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `vendorApply`.
    VendorApplyPayload {
        /// The user; `vendorAppliedAt` is set while the application is pending. Null if there are errors.
        user: User
    }
}

payload! {
    /// Result of `accountClose`.
    AccountClosePayload {
        /// The closed account, without personal data; null if there are errors.
        user: User
    }
}

/// Mutations of the user's own account.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Adds an account and sends a mail to verify its email. It can be used at once.
    #[graphql(directive = public::apply())]
    async fn user_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who wants to become a user.")] input: UserRegisterInput,
    ) -> Result<UserRegisterPayload> {
        let new = Registration {
            email: input.email,
            password: input.password,
            display_name: input.display_name,
            vendor: input.account_type == AccountType::Vendor,
        };
        UserRegisterPayload::from_result(account::register(ctx.app()?, ctx.viewer()?, new).await)
    }

    /// Verifies an email by the token that was sent there.
    #[graphql(directive = public::apply())]
    async fn user_verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: UserVerifyEmailInput,
    ) -> Result<UserVerifyEmailPayload> {
        UserVerifyEmailPayload::from_result(account::verify_email(ctx.app()?, ctx.viewer()?, &input.token).await)
    }

    /// Sends the mail that verifies your email again; tokens of earlier ones end.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn email_verification_request(&self, ctx: &Context<'_>) -> Result<EmailVerificationRequestPayload> {
        let customer = ctx.viewer()?.customer()?;
        EmailVerificationRequestPayload::from_result(account::request_verification(ctx.app()?, &customer).await)
    }

    /// Sends a mail with a token that allows a new password to be set. Answers the same where nobody has this email.
    #[graphql(directive = public::apply())]
    async fn password_reset_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose password.")] input: PasswordResetRequestInput,
    ) -> Result<PasswordResetRequestPayload> {
        let (_, user_errors) = split(account::request_reset(ctx.app()?, ctx.viewer()?, &input.email).await)?;
        Ok(PasswordResetRequestPayload { user_errors })
    }

    /// Sets a new password by the token from the mail, and ends all sessions and all other tokens sent by mail.
    #[graphql(directive = public::apply())]
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new password.")] input: PasswordResetInput,
    ) -> Result<PasswordResetPayload> {
        let result = account::reset_password(ctx.app()?, ctx.viewer()?, &input.token, input.password).await;
        PasswordResetPayload::from_result(result)
    }

    /// Changes your password, and ends all other sessions and all tokens sent by mail.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The passwords.")] input: PasswordChangeInput,
    ) -> Result<PasswordChangePayload> {
        let customer = ctx.viewer()?.customer()?;
        let result = account::change_password(ctx.app()?, &customer, input.current_password, input.new_password).await;
        PasswordChangePayload::from_result(result)
    }

    /// Sends a mail to another email, and tells the present one; it becomes yours when it is confirmed.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn email_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The other email.")] input: EmailChangeRequestInput,
    ) -> Result<EmailChangeRequestPayload> {
        let customer = ctx.viewer()?.customer()?;
        let result = account::request_change(ctx.app()?, &customer, &input.new_email, input.password).await;
        EmailChangeRequestPayload::from_result(result)
    }

    /// Confirms another email by the token that was sent there. Ends all sessions and all other tokens sent by mail, and tells the old
    /// email.
    #[graphql(directive = public::apply())]
    async fn email_change_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: EmailChangeConfirmInput,
    ) -> Result<EmailChangeConfirmPayload> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = account::confirm_change(app, viewer, &input.token).await;
        if result.as_ref().is_ok_and(|user| viewer.user_id() == Some(user.id)) {
            crate::cookie::clear(ctx, &app.config.public_url);
        }
        EmailChangeConfirmPayload::from_result(result)
    }

    /// Changes your name and telephone number.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn profile_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to change.")] input: ProfileUpdateInput,
    ) -> Result<ProfileUpdatePayload> {
        let customer = ctx.viewer()?.customer()?;
        let patch = ProfilePatch {
            display_name: input.display_name,
            phone: input.phone.as_opt_ref().map(|phone| phone.cloned()),
            expected_version: input.expected_version,
        };
        ProfileUpdatePayload::from_result(account::update(ctx.app()?, &customer, patch).await)
    }

    /// Sets your picture. See `Upload` for the files that are accepted.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn avatar_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "New picture.")] input: AvatarSetInput,
    ) -> Result<AvatarSetPayload> {
        let customer = ctx.viewer()?.customer()?;
        let result = async {
            let source = input.source.read(ctx)?;
            account::set_avatar(ctx.app()?, &customer, &source).await
        };
        AvatarSetPayload::from_result(result.await.map_err(within("source")))
    }

    /// Removes your picture.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn avatar_remove(&self, ctx: &Context<'_>) -> Result<AvatarRemovePayload> {
        let customer = ctx.viewer()?.customer()?;
        AvatarRemovePayload::from_result(account::remove_avatar(ctx.app()?, &customer).await)
    }

    /// Sets your picture.
    #[graphql(
        guard = "Needs::Customer",
        directive = auth::apply(AuthRole::Customer, None),
        deprecation = "Use `avatarSet`."
    )]
    async fn avatar_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The picture.")] input: AvatarUpdateInput,
    ) -> Result<AvatarUpdatePayload> {
        let customer = ctx.viewer()?.customer()?;
        let result = async {
            let source = source(ctx, input.file, input.staged_upload_token)?;
            account::set_avatar(ctx.app()?, &customer, &source).await
        };
        AvatarUpdatePayload::from_result(result.await)
    }

    /// Removes your picture.
    #[graphql(
        guard = "Needs::Customer",
        directive = auth::apply(AuthRole::Customer, None),
        deprecation = "Use `avatarRemove`."
    )]
    async fn avatar_delete(&self, ctx: &Context<'_>) -> Result<AvatarDeletePayload> {
        let customer = ctx.viewer()?.customer()?;
        AvatarDeletePayload::from_result(account::remove_avatar(ctx.app()?, &customer).await)
    }

    /// Asks to become a vendor; the marketplace's setting `vendorApproval` says whether it is so at once.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn vendor_apply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application.")] input: VendorApplyInput,
    ) -> Result<VendorApplyPayload> {
        let customer = ctx.viewer()?.customer()?;
        VendorApplyPayload::from_result(vendor::apply(ctx.app()?, &customer, input.phone).await)
    }

    /// Closes your account for good: everything personal is erased, orders stay without a name. Refused as `IN_USE` while an order
    /// of yours is under way, while you own a store that is not closed or has open orders, and for the last owner of the
    /// marketplace.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn account_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Your password.")] input: AccountCloseInput,
    ) -> Result<AccountClosePayload> {
        let app = ctx.app()?;
        let customer = ctx.viewer()?.customer()?;
        let result = Box::pin(account::close(app, &customer, input.password)).await;
        if result.is_ok() {
            crate::cookie::clear(ctx, &app.config.public_url);
        }
        AccountClosePayload::from_result(result)
    }
}
