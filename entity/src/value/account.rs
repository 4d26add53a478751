//! Values of users, sessions and tokens.

use super::{json_lists, stored_enums};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

stored_enums! {
    $
    /// Role of a user in the marketplace.
    Role in role {
        /// Can place orders.
        Customer = "CUSTOMER",
        /// Can place orders and own stores.
        Vendor = "VENDOR",
        /// Works for the marketplace with chosen permissions; cannot own stores.
        Staff = "STAFF",
        /// Holds every permission; can also own stores.
        Admin = "ADMIN",
        /// Holds every permission, changes the settings and appoints staff; can also own stores.
        Owner = "OWNER",
    }
    /// Status of a user account.
    UserStatus in user_status {
        /// The user can sign in.
        Active = "ACTIVE",
        /// Blocked by the marketplace: the user cannot sign in, and the user's stores are suspended.
        Blocked = "BLOCKED",
        /// Closed by the user, who can never sign in again; personal data is erased.
        Closed = "CLOSED",
    }
    /// Permission of a user who works for the marketplace.
    Permission in permission {
        /// Can see and change any order.
        ManageOrders = "MANAGE_ORDERS",
        /// Can change any store, product, category and shipping method.
        ManageProducts = "MANAGE_PRODUCTS",
        /// Can see the ledger and the balances of stores, set commissions and other rules about money, and refund for any store.
        ManageFinance = "MANAGE_FINANCE",
        /// Can list and block users, and decide who is a vendor.
        ManageUsers = "MANAGE_USERS",
        /// Can see and change the synonyms of the search.
        ManageContent = "MANAGE_CONTENT",
        /// Has no effect.
        ManagePromotions = "MANAGE_PROMOTIONS" (deprecated: "It has no effect."),
        /// Can publish, reject and delete every review.
        Moderate = "MODERATE",
        /// Has no effect.
        ViewAnalytics = "VIEW_ANALYTICS" (deprecated: "It has no effect."),
    }
    /// How the tokens of a session are sent.
    SessionTransport in session_transport {
        /// In the response; the client sends the access token in the header `Authorization`.
        Token = "TOKEN",
        /// In cookies that scripts cannot read.
        Cookie = "COOKIE",
    }
    /// What a token in an email is for.
    TokenPurpose in token_purpose {
        /// Verifies the email address of an account.
        VerifyEmail = "VERIFY_EMAIL",
        /// Sets a new password.
        ResetPassword = "RESET_PASSWORD",
        /// Confirms a new email address.
        ChangeEmail = "CHANGE_EMAIL",
    }
}

json_lists! {
    /// Permissions of a user who works for the marketplace.
    Permissions(Permission);
}
