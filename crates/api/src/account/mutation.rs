//! Registration, and management of the user's own account.

use crate::account::user::User;
use crate::context::ContextExt;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::payloads;
use crate::upload::{ImageSourceInput, Upload, source, within};
use async_graphql::{Context, Enum, InputObject, MaybeUndefined, SimpleObject};
use souk_core::auth::{Customer, Viewer};
use souk_domain::account::{self, ProfilePatch, Registration, vendor};
use souk_domain::closing;
use souk_macros::root_object;

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

payloads! {
    /// The new user, who receives a mail to verify the email address; null if there are errors.
    UserRegisterPayload { user: User } of userRegister;
    /// The user with the verified email address; null if there are errors.
    UserVerifyEmailPayload { user: User } of userVerifyEmail;
    /// The user, who receives a mail to verify the email address; null if there are errors.
    EmailVerificationRequestPayload { user: User } of emailVerificationRequest;
}

/// Result of `passwordResetRequest`. It is the same whether or not an account has the email address.
#[derive(SimpleObject)]
struct PasswordResetRequestPayload {
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

payloads! {
    /// The user with the new password, whose sessions have all ended; null if there are errors.
    PasswordResetPayload { user: User } of passwordReset;
    /// The user with the new password, whose other sessions have ended; null if there are errors.
    PasswordChangePayload { user: User } of passwordChange;
    /// The user, with the present email address until the new one is confirmed; null if there are errors.
    EmailChangeRequestPayload { user: User } of emailChangeRequest;
    /// The user with the new email address, whose sessions have all ended; null if there are errors.
    EmailChangeConfirmPayload { user: User } of emailChangeConfirm;
    /// The changed user; null if there are errors.
    ProfileUpdatePayload { user: User } of profileUpdate;
    /// The changed user; null if there are errors.
    AvatarSetPayload { user: User } of avatarSet;
    /// The changed user; null if there are errors.
    AvatarRemovePayload { user: User } of avatarRemove;
    /// The changed user; null if there are errors.
    AvatarUpdatePayload { user: User } of avatarUpdate;
    /// The changed user; null if there are errors.
    AvatarDeletePayload { user: User } of avatarDelete;
    /// The user; `vendorAppliedAt` is set while the application is pending. Null if there are errors.
    VendorApplyPayload { user: User } of vendorApply;
    /// The closed account, without personal data; null if there are errors.
    AccountClosePayload { user: User } of accountClose;
}

/// Mutations of the user's own account.
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
            phone: input.phone.into(),
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
        let result = Box::pin(closing::close(app, &customer, input.password)).await;
        if result.is_ok() {
            crate::cookie::clear(ctx, &app.config.public_url);
        }
        AccountClosePayload::from_result(result)
    }
}
