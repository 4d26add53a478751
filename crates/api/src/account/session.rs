//! Signing in and out.

use crate::account::user::User;
use crate::cart::CartWarning;
use crate::context::ContextExt;
use crate::cookie;
use crate::cost;
use crate::decode;
use crate::enums::SessionTransport;
use crate::error::Result;
use crate::error::{UserError, missing, split};
use crate::id;
use crate::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::{SessionId, UserId};
use entity::session::Model;
use entity::value::SessionTransport as StoredTransport;
use souk_core::auth::{Customer, Viewer, resolve};
use souk_core::error::{Code, Error, Fault, Problem, refuse};
use souk_domain::account::session::{self, SignIn, SignedIn, Which};
use souk_macros::root_object;
use std::collections::HashMap;

/// One sign-in on one device.
pub struct Session(pub Model);

impl From<Model> for Session {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// One sign-in on one device.
#[Object]
impl Session {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// When it began.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its tokens were last renewed.
    async fn last_used_at(&self) -> DateTime<Utc> {
        self.0.last_used_at
    }

    /// When it ends, unless its tokens are renewed before.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// What the device called itself.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// The address the sign-in came from.
    async fn ip_address(&self) -> Option<&str> {
        self.0.ip.as_deref()
    }

    /// How its tokens travel.
    async fn transport(&self) -> SessionTransport {
        self.0.transport.into()
    }

    /// Whether this request is made with it.
    async fn is_current(&self, ctx: &Context<'_>) -> Result<bool> {
        self.is_of_request(ctx)
    }

    /// As `isCurrent`.
    #[graphql(deprecation = "Use `isCurrent`.")]
    async fn current(&self, ctx: &Context<'_>) -> Result<bool> {
        self.is_of_request(ctx)
    }
}

/// The sessions of one person.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionsKey(pub UserId);

/// One session.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct SessionKey(SessionId);

impl Loader<SessionKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[SessionKey]) -> Result<HashMap<SessionKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = session::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (SessionKey(row.id), row)).collect())
    }
}

impl Loader<SessionsKey> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[SessionsKey]) -> Result<HashMap<SessionsKey, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = session::of_users(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (SessionsKey(id), rows)).collect())
    }
}

impl Session {
    fn is_of_request(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx.viewer()?.session() == Some(self.0.id))
    }

    /// One of the viewer's own; staff who manage users see those of others.
    pub async fn load_visible(ctx: &Context<'_>, id: SessionId) -> Result<Option<Self>> {
        Ok(ctx.load_one(SessionKey(id)).await?.map(Self))
    }
}

/// What proves who somebody is.
#[derive(SimpleObject)]
pub struct SessionTokens {
    /// A JWT for the header `Authorization: Bearer ...` of every request.
    access_token: String,
    /// When it ends; renew it before by `sessionRefresh`.
    access_token_expires_at: DateTime<Utc>,
    /// Exchanged for new tokens by `sessionRefresh`. For 30 seconds after that (`SOUK_REFRESH_REUSE_SECONDS`) it answers with the same
    /// new refresh token again; used later it ends the session.
    refresh_token: String,
    /// When it ends.
    refresh_token_expires_at: DateTime<Utc>,
}

/// Who wants to sign in, and how.
#[derive(InputObject)]
struct SessionCreateInput {
    /// The email of the account; upper and lower case are the same.
    email: String,
    /// The password, at most 200 characters.
    password: String,
    /// `TOKEN` puts the tokens into the answer. `COOKIE` puts them into cookies that scripts can't read; every request that relies
    /// on them must carry the header `X-Souk-CSRF` with any value.
    #[graphql(default_with = "SessionTransport::Token")]
    transport: SessionTransport,
    /// The token of a guest's cart, whose lines are added to the user's; one that opens nothing is ignored.
    cart_token: Option<String>,
}

/// What came of signing in.
#[derive(SimpleObject)]
struct SessionCreatePayload {
    /// The new session.
    session: Option<Session>,
    /// Its tokens; absent with `transport: COOKIE`.
    tokens: Option<SessionTokens>,
    /// The user who signed in, as they see themselves: with cart, orders and sessions.
    user: Option<User>,
    /// Lines of the guest cart that did not fit into the user's cart.
    #[graphql(directive = cost::ListOf::apply(1))]
    cart_warnings: Vec<CartWarning>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

/// A token to be exchanged for new ones.
#[derive(InputObject)]
struct SessionRefreshInput {
    /// The newest refresh token; left out by browsers that signed in with `transport: COOKIE`.
    refresh_token: Option<String>,
}

/// What came of renewing the tokens.
#[derive(SimpleObject)]
struct SessionRefreshPayload {
    /// The session they belong to.
    session: Option<Session>,
    /// The new tokens; absent with `transport: COOKIE`.
    tokens: Option<SessionTokens>,
    /// The user who is signed in, as they see themselves: with cart, orders and sessions.
    user: Option<User>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

/// Which sessions are to end; without any field the one that asks.
#[derive(InputObject)]
struct SessionRevokeInput {
    /// One of your own.
    session_id: Option<ID>,
    /// All of your own, on every device.
    #[graphql(default)]
    all: bool,
}

/// What came of signing out.
#[derive(SimpleObject)]
struct SessionRevokePayload {
    /// How many sessions ended.
    revoked_count: Option<i32>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

/// Hands tokens over the way the session wants it: in the answer, or in cookies. The rest of the answer is read as who signed in.
async fn hand_over(ctx: &Context<'_>, signed_in: SignedIn) -> Result<(Session, Option<SessionTokens>, User)> {
    let SignedIn { user, session, tokens, .. } = signed_in;
    // By the token, as everywhere. If the session was ended in the meantime, the tokens are worth nothing, and the answer shows
    // what a guest may see.
    match resolve::viewer(ctx.app()?, &tokens.access, ctx.viewer()?.client().clone()).await {
        Ok(resolved) => ctx.sign_in(resolved.viewer)?,
        Err(Error::Fault(Fault::Unauthenticated)) => {}
        Err(error) => return Err(error.into()),
    }
    let in_answer = match session.transport {
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
    Ok((Session(session), in_answer, User(user)))
}

/// Signing in and out.
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
        let (done, user_errors) = split(result.await.map_err(missing("sessionId")))?;
        if let Some((_, false)) = done {
            cookie::clear(ctx, &app.config.public_url);
        }
        let revoked_count = done.map(|(count, _)| i32::try_from(count).unwrap_or(i32::MAX));
        Ok(SessionRevokePayload { revoked_count, user_errors })
    }
}
