//! Builds the schema, the API that runs it, and its admission control.

use crate::admission::{Admission, Settings};
use crate::document::Types;
use crate::execute::{Api, OperationLimits, ValidateOnly};
use crate::mark::Mark;
use crate::measure::ResponseLimits;
use crate::root::{Mutation, Query, Subscription};
use async_graphql::{SDLExportOptions, ValidationMode};
use souk_core::app::App;
use souk_core::live::Hub;
use std::sync::{Arc, OnceLock};

/// Maximum number of concurrent expensive queries. Few, because they occupy the database and the processors for long; two, so
/// that one client does not block all others.
const COSTLY_AT_ONCE: usize = 2;
/// Maximum number of concurrent mutations. Many, because they may wait for a payment provider.
const MUTATIONS_AT_ONCE: usize = 256;
/// Maximum number of concurrent mutations with an expensive payload.
const COSTLY_MUTATIONS_AT_ONCE: usize = 8;
/// Operations are expensive from this fraction (1/5) of the maximum cost on.
const COSTLY_PART: u64 = 5;
/// Seconds in which an empty budget is refilled, which limits what a client can accumulate.
const BUDGET_SECONDS: u64 = 60;
/// Maximum bytes of requests in progress and of responses not yet sent, per client and in total.
const HELD_PER_CLIENT: usize = 16 * 1024 * 1024;
const HELD: usize = 64 * 1024 * 1024;

type SchemaBuilder = async_graphql::SchemaBuilder<Query, Mutation, Subscription>;

fn types() -> SchemaBuilder {
    async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .register_output_type::<crate::error::DisplayableError>()
}

/// Builds the API; its subscriptions receive events from the hub.
pub fn build(app: &Arc<App>, hub: &Arc<Hub>) -> Api {
    let limits = &app.config.limits;
    let introspection = |builder: SchemaBuilder| if app.config.introspection { builder } else { builder.disable_introspection() };
    let validating = types()
        .limit_depth(limits.query_depth)
        .limit_aliases(30)
        .limit_directives(50)
        .limit_recursive_depth(limits.query_depth * 2 + 10)
        .extension(ValidateOnly);
    let running = types().data(Arc::clone(app)).data(Arc::clone(hub)).validation_mode(ValidationMode::Fast);
    let running = Mark::ALL.into_iter().fold(running, SchemaBuilder::directive);
    let operation_limits = OperationLimits {
        document: limits.document_size,
        cost: limits.query_cost,
        depth: limits.query_depth,
        answer: ResponseLimits { objects: limits.answer_objects, bytes: limits.answer_bytes },
    };
    Api::new(
        introspection(validating).finish(),
        // Its documents are validated, and marks add to their depth.
        introspection(running).limit_recursive_depth(usize::MAX).finish(),
        document_types(),
        operation_limits,
    )
}

/// The types that documents are validated against; shared by all APIs of the process.
fn document_types() -> Arc<Types> {
    static TYPES: OnceLock<Arc<Types>> = OnceLock::new();
    Arc::clone(TYPES.get_or_init(|| Arc::new(Types::of(&sdl()))))
}

/// The schema as SDL, as committed in `schema.graphql`.
pub fn sdl() -> String {
    types().finish().sdl_with_options(SDLExportOptions::new().prefer_single_line_descriptions().include_specified_by())
}

/// Builds the admission control from the configuration.
pub fn admission(app: &App) -> Admission {
    let limits = &app.config.limits;
    let queries = queries_at_once(app.config.database_pool);
    let settings = Settings {
        documents: documents_at_once(),
        queries,
        costly_queries: COSTLY_AT_ONCE.min(queries),
        mutations: MUTATIONS_AT_ONCE,
        costly_mutations: COSTLY_MUTATIONS_AT_ONCE,
        costly_from: (limits.query_cost / COSTLY_PART).max(1),
        waiting: limits.waiting,
        waiting_per_client: limits.waiting_per_client,
        longest_wait: limits.request / 2,
        guest_budget: limits.guest_budget,
        user_budget: limits.user_budget,
        budget_seconds: BUDGET_SECONDS,
        held_per_client: HELD_PER_CLIENT,
        held: HELD,
    };
    Admission::new(settings, &app.clock)
}

/// Half of the processors: each validation occupies one, and the others serve requests meanwhile.
fn documents_at_once() -> usize {
    (processors() / 2).max(1)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// Enough queries to keep the processors busy while other queries wait for the database. A running query holds a future for each
/// of its fields, so more queries only evict each other from the processor caches (`docs/benchmarks.md`). At most the number of
/// database connections, because more queries would only wait for one.
fn queries_at_once(connections: u32) -> usize {
    (4 * processors()).min(usize::try_from(connections).unwrap_or(usize::MAX))
}
