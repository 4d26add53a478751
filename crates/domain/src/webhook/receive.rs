//! Storing the event of a webhook.

use super::job::ProcessProviderEvents;
use super::retention::RETENTION;
use entity::provider_event::{Column, Entity, Model};
use entity::value::{PaymentProvider, ProviderEventStatus};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use souk_core::app::App;
use souk_core::error::Result;
use souk_core::provider::payment::WebhookNotice;
use souk_core::transact;

/// Stores an event and the job that processes it, in one transaction. The notice proves that the signature was valid. An event that is
/// stored already is not stored again.
pub async fn receive(app: &App, provider: PaymentProvider, notice: &WebhookNotice, body: &str) -> Result<()> {
    let now = app.clock.now();
    let about = notice.about.as_ref();
    let row = Model {
        id: app.clock.new_id(),
        provider,
        account: notice.account.clone().unwrap_or_default(),
        event_id: notice.event_id.clone(),
        kind: notice.kind.clone(),
        reference: about.map(|about| about.reference.clone()),
        payment_id: about.and_then(|about| about.payment_id),
        body: body.to_owned(),
        body_expires_at: Some(now + RETENTION),
        status: if about.is_some() { ProviderEventStatus::New } else { ProviderEventStatus::Ignored },
        error: None,
        received_at: now,
        finished_at: about.is_none().then_some(now),
    };
    transact!(app.db, tx, {
        let mut first = OnConflict::columns([Column::Provider, Column::Account, Column::EventId]);
        first.do_nothing_on([Column::Id]);
        let insert = Entity::insert(row.clone().into_active_model().reset_all()).on_conflict(first);
        insert.exec_without_returning(tx).await?;
        if let Some(about) = about {
            ProcessProviderEvents { provider, reference: about.reference.clone() }.enqueue(tx, app).await?;
        }
        Ok(())
    })
}
