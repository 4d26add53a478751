//! Sessions: signing in, renewing tokens, signing out.

use crate::account::user::User;
use crate::cart::CartWarning;
use crate::context::ContextExt;
use crate::cookie;
use crate::cost;
use crate::decode;
use crate::enums::SessionTransport;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::loader::loaders;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::{SessionId, UserId};
use entity::session::Model;
use entity::value::SessionTransport as StoredTransport;
use souk_core::auth::{Customer, Viewer, resolve};
use souk_core::error::{Code, Error, Fault, Problem, refuse};
use souk_domain::account::session::{self, SignIn, SignedIn, Which};
use souk_macros::root_object;

/// Session of a signed-in user on a device.
pub struct Session(pub Model);

impl From<Model> for Session {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Session of a signed-in user on a device.
#[Object]
impl Session {
    /// ID of the session.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Time of the sign-in.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Time of the last token renewal, or of the sign-in if there was none.
    async fn last_used_at(&self) -> DateTime<Utc> {
        self.0.last_used_at
    }

    /// Time at which the session expires unless its tokens are renewed before.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// `User-Agent` header of the sign-in; null if there was none.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// IP address of the sign-in; null if it is unknown.
    async fn ip_address(&self) -> Option<&str> {
        self.0.ip.as_deref()
    }

    /// How the tokens of the session are sent.
    async fn transport(&self) -> SessionTransport {
        self.0.transport.into()
    }

    /// Whether this request was made with the session.
    async fn is_current(&self, ctx: &Context<'_>) -> Result<bool> {
        self.authenticates_request(ctx)
    }

    /// Same as `isCurrent`.
    #[graphql(deprecation = "Use `isCurrent`.")]
    async fn current(&self, ctx: &Context<'_>) -> Result<bool> {
        self.authenticates_request(ctx)
    }
}

loaders! {
    /// Loads the valid sessions of a user.
    pub SessionsKey(UserId) => value Vec<Model>, by session::of_users;
    /// Loads a valid session.
    SessionKey(SessionId) => row Model, by session::by_ids;
}

impl Session {
    fn authenticates_request(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx.viewer()?.session() == Some(self.0.id))
    }

    /// A session of the viewer; for staff with `ManageUsers`, of any user.
    pub async fn load_visible(ctx: &Context<'_>, id: SessionId) -> Result<Option<Self>> {
        Ok(ctx.load_one(SessionKey(id)).await?.map(Self))
    }
}

/// Access token and refresh token of a session.
#[derive(SimpleObject)]
pub struct SessionTokens {
    /// JWT to send in the header `Authorization: Bearer ...` of each request.
    access_token: String,
    /// Time at which the access token expires. Call `sessionRefresh` before.
    access_token_expires_at: DateTime<Utc>,
    /// Token to exchange for new tokens with `sessionRefresh`. For a short time after its first use, 30 seconds by default, it
    /// returns the same new refresh token again; using it later ends the session.
    refresh_token: String,
    /// Time at which the refresh token expires.
    refresh_token_expires_at: DateTime<Utc>,
}

/// Credentials and options for signing in.
#[derive(InputObject)]
struct SessionCreateInput {
    /// Email address of the account; upper and lower case are the same.
    email: String,
    /// Password of the account, at most 200 characters.
    password: String,
    /// How the tokens are sent. `TOKEN` returns them in the response. `COOKIE` sets them as cookies that scripts cannot read;
    /// each request that is authenticated by them must have the header `X-Souk-CSRF` with any value.
    #[graphql(default_with = "SessionTransport::Token")]
    transport: SessionTransport,
    /// Token of a guest cart whose lines are moved to the user's cart. An invalid token is ignored.
    cart_token: Option<String>,
}

/// Result of `sessionCreate`.
#[derive(SimpleObject)]
struct SessionCreatePayload {
    /// The new session; null if there are errors.
    session: Option<Session>,
    /// Tokens of the session; null with `transport: COOKIE` and if there are errors.
    tokens: Option<SessionTokens>,
    /// The user who signed in, with everything that the user can see, such as cart, orders and sessions; null if there are
    /// errors.
    user: Option<User>,
    /// Warnings for lines of the guest cart that did not fit into the user's cart.
    #[graphql(directive = cost::ListOf::apply(1))]
    cart_warnings: Vec<CartWarning>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Refresh token to exchange for new tokens.
#[derive(InputObject)]
struct SessionRefreshInput {
    /// Newest refresh token of the session. If left out, the cookie set with `transport: COOKIE` is used.
    refresh_token: Option<String>,
}

/// Result of `sessionRefresh`.
#[derive(SimpleObject)]
struct SessionRefreshPayload {
    /// The renewed session; null if there are errors.
    session: Option<Session>,
    /// New tokens of the session; null with `transport: COOKIE` and if there are errors.
    tokens: Option<SessionTokens>,
    /// The signed-in user, with everything that the user can see, such as cart, orders and sessions; null if there are errors.
    user: Option<User>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Sessions to end: the current one if no field is given.
#[derive(InputObject)]
struct SessionRevokeInput {
    /// ID of one of your sessions. Cannot be given together with `all`.
    session_id: Option<ID>,
    /// Whether to end all of your sessions, on every device.
    #[graphql(default)]
    all: bool,
}

/// Result of `sessionRevoke`.
#[derive(SimpleObject)]
struct SessionRevokePayload {
    /// Number of sessions that ended; null if there are errors.
    revoked_count: Option<i32>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Sends the tokens by the transport of the session, in the response or in cookies. From here on the request is resolved as the
/// user who signed in.
async fn hand_over(ctx: &Context<'_>, signed_in: SignedIn) -> Result<(Session, Option<SessionTokens>, User)> {
    let SignedIn { user, session, tokens, .. } = signed_in;
    // Authenticated by the token, as every other request is. If the session was ended in the meantime, the tokens are invalid,
    // and the response is that for a guest.
    match resolve::viewer(ctx.app()?, &tokens.access, ctx.viewer()?.client().clone()).await {
        Ok(resolved) => ctx.sign_in(resolved.viewer)?,
        Err(Error::Fault(Fault::Unauthenticated)) => {}
        Err(error) => return Err(error.into()),
    }
    let returned_tokens = match session.transport {
        StoredTransport::Token => Some(SessionTokens {
            access_token: tokens.access,
            access_token_expires_at: tokens.access_expires_at,
            refresh_token: tokens.refresh,
            refresh_token_expires_at: tokens.refresh_expires_at,
        }),
        StoredTransport::Cookie => {
            let app = ctx.app()?;
            let seconds = |until: DateTime<Utc>| (until - app.clock.now()).num_seconds();
            let url = &app.config.public_url;
            cookie::set(ctx, url, cookie::ACCESS_COOKIE, &tokens.access, seconds(tokens.access_expires_at));
            cookie::set(ctx, url, cookie::REFRESH_COOKIE, &tokens.refresh, seconds(tokens.refresh_expires_at));
            None
        }
    };
    Ok((Session(session), returned_tokens, User(user)))
}

/// Mutations that create, renew and end sessions.
#[derive(Default)]
pub struct SessionMutation;

#[root_object]
impl SessionMutation {
    /// Signs in with email and password. After several wrong passwords from one address the error is `RATE_LIMITED`, and while
    /// too many passwords wait to be checked it is `UNAVAILABLE`; both have `retryAfter` in seconds.
    async fn session_create(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Credentials, and how to send the tokens.")] input: SessionCreateInput,
    ) -> Result<SessionCreatePayload> {
        let sign_in = SignIn {
            email: input.email,
            password: input.password,
            transport: input.transport.into(),
            cart_token: input.cart_token,
        };
        let (signed_in, user_errors) = split(session::create(ctx.app()?, viewer, sign_in).await)?;
        let Some(mut signed_in) = signed_in else {
            let cart_warnings = Vec::new();
            return Ok(SessionCreatePayload { session: None, tokens: None, user: None, cart_warnings, user_errors });
        };
        let cart_warnings = std::mem::take(&mut signed_in.cart_warnings).into_iter().map(CartWarning::from).collect();
        let (session, tokens, user) = hand_over(ctx, signed_in).await?;
        Ok(SessionCreatePayload { session: Some(session), tokens, user: Some(user), cart_warnings, user_errors })
    }

    /// Exchanges a refresh token for new tokens; an expired access token in the `Authorization` header is ignored. Safe to repeat
    /// within 30 seconds (`SOUK_REFRESH_REUSE_SECONDS`), such as by a second tab or after a lost response: the new refresh token
    /// is the same. Using a token after that ends its session, as the token may have been stolen.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Refresh token, unless it is in the cookie.")] input: SessionRefreshInput,
    ) -> Result<SessionRefreshPayload> {
        let app = ctx.app()?;
        let token = input.refresh_token.or_else(|| cookie::of_request(ctx, cookie::REFRESH_COOKIE));
        let result = match token {
            Some(token) => session::refresh(app, viewer, &token).await,
            None => Err(Problem::new("refreshToken", Code::Required, "a refresh token is needed, here or in the cookie").into()),
        };
        let (signed_in, user_errors) = split(result)?;
        let Some(signed_in) = signed_in else {
            return Ok(SessionRefreshPayload { session: None, tokens: None, user: None, user_errors });
        };
        let (session, tokens, user) = hand_over(ctx, signed_in).await?;
        Ok(SessionRefreshPayload { session: Some(session), tokens, user: Some(user), user_errors })
    }

    /// Signs out: ends the current session, another one, or all of them. Their tokens become invalid immediately.
    async fn session_revoke(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Sessions to end.")] input: SessionRevokeInput,
    ) -> Result<SessionRevokePayload> {
        let app = ctx.app()?;
        let result = async {
            let which = match (input.session_id, input.all) {
                (Some(_), true) => return refuse("all", Code::Invalid, "sessionId and all can't be given together"),
                (Some(id), false) => Which::One(decode::read("sessionId", &id)?),
                (None, true) => Which::All,
                (None, false) => Which::Current,
            };
            let count = session::revoke(app, &customer, which).await?;
            Ok((count, which != Which::One(customer.session()) && matches!(which, Which::One(_))))
        };
        let (done, user_errors) = split(decode::found("sessionId", result).await)?;
        if let Some((_, false)) = done {
            cookie::clear(ctx, &app.config.public_url);
        }
        let revoked_count = done.map(|(count, _)| i32::try_from(count).unwrap_or(i32::MAX));
        Ok(SessionRevokePayload { revoked_count, user_errors })
    }
}
